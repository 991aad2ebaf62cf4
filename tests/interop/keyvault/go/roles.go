package main

import (
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

func askedFor() {
	asked := of("admin")
	must(keysOf(asked, !checked).CreateKey(ctx, name("scope"), made{Kty: kind(azkeys.KeyTypeEC)}, nil))
	same(asked.asked[0].Scopes[0], os.Getenv("KEYVAULT_SCOPE"), "scope")
	same(asked.asked[0].TenantID, os.Getenv("KEYVAULT_TENANT"), "tenant")
}

func resource() {
	_, err := keysOf(of("admin"), false).CreateKey(ctx, name("resource"), made{Kty: kind(azkeys.KeyTypeEC)}, nil)
	if checked {
		need(err == nil, "%v", err)
	} else {
		need(err != nil && strings.Contains(err.Error(), "doesn't match the requested domain"), "%v", err)
	}
}

func wrongToken() {
	refused[azkeys.GetKeyResponse](401, "Unauthorized", "")(keysOf(&credential{token: "wrong"}, !checked).GetKey(ctx, name("scope"), "", nil))
}

func signAs(role string, id *azkeys.ID) (azkeys.SignResponse, error) {
	return keys(role).Sign(ctx, id.Name(), id.Version(), azkeys.SignParameters{Algorithm: ptr(azkeys.SignatureAlgorithmES256), Value: make([]byte, 32)}, nil)
}

func setAs(role, n string) (azsecrets.SetSecretResponse, error) {
	return secrets(role).SetSecret(ctx, name(n), azsecrets.SetSecretParameters{Value: ptr("x")}, nil)
}

func user() {
	key := create("roles", made{Kty: kind(azkeys.KeyTypeEC)}).Key
	must(signAs("user", key.KID))
	by, n := keys("user"), key.KID.Name()
	refused[azkeys.CreateKeyResponse](403, "Forbidden", "officer")(by.CreateKey(ctx, n, made{Kty: kind(azkeys.KeyTypeEC)}, nil))
	refused[azkeys.RotateKeyResponse](403, "Forbidden", "officer")(by.RotateKey(ctx, n, nil))
	refused[azkeys.DeleteKeyResponse](403, "Forbidden", "officer")(by.DeleteKey(ctx, n, nil))
	refused[azkeys.BackupKeyResponse](403, "Forbidden", "officer")(by.BackupKey(ctx, n, nil))
	refused[azkeys.PurgeDeletedKeyResponse](403, "Forbidden", "officer")(by.PurgeDeletedKey(ctx, n, nil))
	refused[azsecrets.SetSecretResponse](403, "Forbidden", "officer")(setAs("user", "roles"))
}

func officer() {
	key := must(keys("officer").CreateKey(ctx, name("roles-officer"), made{Kty: kind(azkeys.KeyTypeEC)}, nil)).Key
	refused[azkeys.SignResponse](403, "Forbidden", "user")(signAs("officer", key.KID))
	must(setAs("officer", "roles-officer"))
	refused[azsecrets.GetSecretResponse](403, "Forbidden", "user")(secrets("officer").GetSecret(ctx, name("roles-officer"), "", nil))
	same(*must(secrets("user").GetSecret(ctx, name("roles-officer"), "", nil)).Value, "x", "value")
}

func auditor() {
	key := create("roles-auditor", made{Kty: kind(azkeys.KeyTypeEC)}).Key
	must(keys("auditor").GetKey(ctx, key.KID.Name(), "", nil))
	must(keys("auditor").NewListKeyPropertiesPager(nil).NextPage(ctx))
	refused[azkeys.SignResponse](403, "Forbidden", "")(signAs("auditor", key.KID))
	refused[azsecrets.SetSecretResponse](403, "Forbidden", "")(setAs("auditor", "roles-auditor"))
}

var roleChecks = []check{
	{"the credential is asked for what the challenge says", askedFor},
	{"the SDK's check of the challenge's resource", resource},
	{"a wrong token", wrongToken},
	{"a user uses keys and manages none", user},
	{"an officer manages keys and uses none", officer},
	{"an auditor reads lists, and no more", auditor},
}
