package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

var keeper = secrets("admin")

func set(n, value string) azsecrets.Secret {
	return must(keeper.SetSecret(ctx, name(n), azsecrets.SetSecretParameters{Value: &value}, nil)).Secret
}

func value(n, version string) string {
	return *must(keeper.GetSecret(ctx, name(n), version, nil)).Value
}

func setAndGet() {
	for what, value := range map[string]string{"plain": "correct horse", "long": strings.Repeat("x", 25600), "other": "Grüße 🌍\n\"'\\", "empty": ""} {
		made := must(keeper.SetSecret(ctx, name(what), azsecrets.SetSecretParameters{
			Value: &value, ContentType: ptr("text/plain"), Tags: map[string]*string{"a": ptr("b")},
			SecretAttributes: &azsecrets.SecretAttributes{Expires: ptr(time.Unix(2000000000, 0))},
		}, nil))
		got := must(keeper.GetSecret(ctx, name(what), made.ID.Version(), nil))
		same(string(*got.ID), fmt.Sprintf("%s/secrets/%s/%s", url, name(what), made.ID.Version()), "id")
		same(*got.Value, value, what)
		same(*got.ContentType, "text/plain", "contentType")
		same(*got.Tags["a"], "b", "tag")
		same(got.Attributes.Expires.Unix(), 2000000000, "exp")
		near(got.Attributes.Created)
	}
}

func secretVersions() {
	first, second := set("versions", "one"), set("versions", "two")
	same(value("versions", ""), "two", "the newest")
	same(value("versions", first.ID.Version()), "one", "the oldest")
	var listed []string
	for pager := keeper.NewListSecretPropertiesVersionsPager(name("versions"), nil); pager.More(); {
		for _, p := range must(pager.NextPage(ctx)).Value {
			listed = append(listed, string(*p.ID))
		}
	}
	need(slices.Contains(listed, string(*first.ID)) && slices.Contains(listed, string(*second.ID)), "versions %v", listed)
}

func updateSecret() {
	version := set("update", "value").ID.Version()
	change := func(parameters azsecrets.UpdateSecretPropertiesParameters) azsecrets.UpdateSecretPropertiesResponse {
		return must(keeper.UpdateSecretProperties(ctx, name("update"), version, parameters, nil))
	}
	same(*change(azsecrets.UpdateSecretPropertiesParameters{ContentType: ptr("application/json")}).ContentType, "application/json", "contentType")
	change(azsecrets.UpdateSecretPropertiesParameters{SecretAttributes: &azsecrets.SecretAttributes{Enabled: ptr(false)}})
	refused[azsecrets.GetSecretResponse](403, "Forbidden", "not allowed on a disabled secret")(keeper.GetSecret(ctx, name("update"), "", nil))
	change(azsecrets.UpdateSecretPropertiesParameters{SecretAttributes: &azsecrets.SecretAttributes{Enabled: ptr(true)}})
	same(value("update", ""), "value", "value")
}

func secretListing() {
	var names, found []string
	for i := range 27 {
		names = append(names, name(fmt.Sprintf("list-%02d", i)))
		set(fmt.Sprintf("list-%02d", i), "x")
	}
	pages := 0
	for pager := keeper.NewListSecretPropertiesPager(nil); pager.More(); pages++ {
		page := must(pager.NextPage(ctx)).Value
		need(len(page) <= 25, "a page of %d", len(page))
		for _, p := range page {
			if strings.HasPrefix(p.ID.Name(), name("list-")) {
				found = append(found, p.ID.Name())
			}
		}
	}
	need(pages >= 2 && slices.Equal(found, names), "%d pages with %v", pages, found)
}

func deleteSecret() {
	n := name("deleted")
	made := set("deleted", "still here")
	gone := must(keeper.DeleteSecret(ctx, n, nil))
	same(*gone.RecoveryID, url+"/deletedsecrets/"+n, "recoveryId")
	near(gone.DeletedDate)
	refused[azsecrets.GetSecretResponse](404, "SecretNotFound", n)(keeper.GetSecret(ctx, n, "", nil))
	refused[azsecrets.SetSecretResponse](409, "Conflict", "deleted but recoverable")(keeper.SetSecret(ctx, n, azsecrets.SetSecretParameters{Value: ptr("x")}, nil))
	same(*must(keeper.GetDeletedSecret(ctx, n, nil)).ID, *made.ID, "id")
	same(*must(keeper.RecoverDeletedSecret(ctx, n, nil)).ID, *made.ID, "id")
	must(keeper.DeleteSecret(ctx, n, nil))
	must(keeper.PurgeDeletedSecret(ctx, n, nil))
	refused[azsecrets.GetDeletedSecretResponse](404, "SecretNotFound", n)(keeper.GetDeletedSecret(ctx, n, nil))
}

func backupSecret() {
	n := name("backup")
	made := set("backup", "one")
	data := must(keeper.BackupSecret(ctx, n, nil)).Value
	restore := func() (azsecrets.RestoreSecretResponse, error) {
		return keeper.RestoreSecret(ctx, azsecrets.RestoreSecretParameters{SecretBackup: data}, nil)
	}
	refused[azsecrets.RestoreSecretResponse](409, "Conflict", "")(restore())
	must(keeper.DeleteSecret(ctx, n, nil))
	must(keeper.PurgeDeletedSecret(ctx, n, nil))
	same(*must(restore()).ID, *made.ID, "id")
	same(value("backup", ""), "one", "value")
}

func wrongSecret() {
	refused[azsecrets.GetSecretResponse](404, "SecretNotFound", "was not found in this key vault")(keeper.GetSecret(ctx, name("nothing"), "", nil))
	bad := refused[azsecrets.SetSecretResponse]
	bad(400, "BadParameter", "")(keeper.SetSecret(ctx, name("large"), azsecrets.SetSecretParameters{Value: ptr(strings.Repeat("x", 25601))}, nil))
	bad(400, "BadParameter", "")(keeper.SetSecret(ctx, name("none"), azsecrets.SetSecretParameters{}, nil))
}

var valueChecks = []check{
	{"a secret is set and got", setAndGet},
	{"each set makes a version", secretVersions},
	{"properties change", updateSecret},
	{"a listing has several pages", secretListing},
	{"a secret is deleted, recovered, and purged", deleteSecret},
	{"a backup brings a purged secret back", backupSecret},
	{"what is wrong is refused in the SDK's errors", wrongSecret},
}
