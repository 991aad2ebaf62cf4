package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
)

type made = azkeys.CreateKeyParameters

func curve(c azkeys.CurveName) *azkeys.CurveName { return &c }
func kind(k azkeys.KeyType) *azkeys.KeyType      { return &k }
func size(bits int32) *int32                     { return &bits }

var admin = keys("admin")

func create(n string, parameters made) azkeys.KeyBundle {
	return must(admin.CreateKey(ctx, name(n), parameters, nil)).KeyBundle
}

func shape(key azkeys.KeyBundle, what made) {
	id, a := key.Key.KID, key.Attributes
	same(*key.Key.Kty, *what.Kty, "kty")
	same(string(*id), fmt.Sprintf("%s/keys/%s/%s", url, id.Name(), id.Version()), "kid")
	same(len(id.Version()), 32, "version")
	near(a.Created)
	near(a.Updated)
	need(*a.Enabled && strings.Contains(*a.RecoveryLevel, "Recoverable"), "attributes")
	need(*a.RecoverableDays >= 7 && *a.RecoverableDays <= 90, "recoverableDays")
	if what.Curve != nil {
		same(*key.Key.Crv, *what.Curve, "crv")
		need(len(key.Key.X) > 0 && len(key.Key.X) == len(key.Key.Y), "x, y")
	}
	if what.KeySize != nil && strings.HasPrefix(string(*what.Kty), "RSA") {
		same(len(key.Key.N)*8, int(*what.KeySize), "n")
		equal(key.Key.E, []byte{1, 0, 1}, "e")
	}
	for _, secret := range [][]byte{key.Key.D, key.Key.P, key.Key.Q, key.Key.DP, key.Key.DQ, key.Key.QI, key.Key.K} {
		need(secret == nil, "a private member is shown")
	}
}

func creates(what string, n string, parameters made) check {
	return check{what + " is created and got", func() {
		shape(create(n, parameters), parameters)
		shape(must(admin.GetKey(ctx, name(n), "", nil)).KeyBundle, parameters)
	}}
}

func allComesBack() {
	said := made{
		Kty: kind(azkeys.KeyTypeOct), KeySize: size(128), Tags: map[string]*string{"a": ptr("1"), "ü": ptr("ß")},
		KeyOps:        []*azkeys.KeyOperation{ptr(azkeys.KeyOperationWrapKey), ptr(azkeys.KeyOperationUnwrapKey)},
		KeyAttributes: &azkeys.KeyAttributes{Enabled: ptr(false), NotBefore: ptr(time.Unix(1700000000, 0)), Expires: ptr(time.Unix(2000000000, 0))},
	}
	create("said", said)
	got := must(admin.GetKey(ctx, name("said"), "", nil))
	same(*got.Tags["ü"], "ß", "tag")
	same(*got.Attributes.Enabled, false, "enabled")
	same(got.Attributes.NotBefore.Unix(), 1700000000, "nbf")
	same(got.Attributes.Expires.Unix(), 2000000000, "exp")
	same(len(got.Key.KeyOps), 2, "key_ops")
}

func imports() {
	own := must(rsa.GenerateKey(rand.Reader, 2048))
	got := must(admin.ImportKey(ctx, name("import-rsa"), azkeys.ImportKeyParameters{Key: &azkeys.JSONWebKey{
		Kty: kind(azkeys.KeyTypeRSA), N: own.N.Bytes(), E: big.NewInt(int64(own.E)).Bytes(), D: own.D.Bytes(), P: own.Primes[0].Bytes(), Q: own.Primes[1].Bytes(),
		DP: own.Precomputed.Dp.Bytes(), DQ: own.Precomputed.Dq.Bytes(), QI: own.Precomputed.Qinv.Bytes(),
	}}, nil))
	equal(got.Key.N, own.N.Bytes(), "n")
	private := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	fill := func(n *big.Int) []byte { return n.FillBytes(make([]byte, 32)) }
	elliptic := must(admin.ImportKey(ctx, name("import-ec"), azkeys.ImportKeyParameters{HSM: ptr(true), Key: &azkeys.JSONWebKey{
		Kty: kind(azkeys.KeyTypeEC), Crv: curve(azkeys.CurveNameP256), X: fill(private.X), Y: fill(private.Y), D: fill(private.D),
	}}, nil))
	same(*elliptic.Key.Kty, azkeys.KeyTypeECHSM, "kty")
	equal(elliptic.Key.X, fill(private.X), "x")
	refused[azkeys.ImportKeyResponse](400, "BadParameter", "")(admin.ImportKey(ctx, name("import-ec"), azkeys.ImportKeyParameters{Key: &azkeys.JSONWebKey{
		Kty: kind(azkeys.KeyTypeEC), Crv: curve(azkeys.CurveNameP256), X: fill(private.X), Y: fill(private.X), D: fill(private.D),
	}}, nil))
}

func versions() {
	var ids []string
	for range 3 {
		ids = append(ids, create("versions", made{Kty: kind(azkeys.KeyTypeEC)}).Key.KID.Version())
	}
	var listed []string
	for pager := admin.NewListKeyPropertiesVersionsPager(name("versions"), nil); pager.More(); {
		for _, p := range must(pager.NextPage(ctx)).Value {
			listed = append(listed, p.KID.Version())
		}
	}
	for _, id := range ids {
		need(slices.Contains(listed, id), "%s is not among %v", id, listed)
		same(must(admin.GetKey(ctx, name("versions"), id, nil)).Key.KID.Version(), id, "version")
	}
	same(must(admin.GetKey(ctx, name("versions"), "", nil)).Key.KID.Version(), ids[2], "the newest")
}

func update() {
	old := create("update", made{Kty: kind(azkeys.KeyTypeEC), Tags: map[string]*string{"keep": ptr("no")}})
	create("update", made{Kty: kind(azkeys.KeyTypeEC)})
	newest := must(admin.UpdateKey(ctx, name("update"), "", azkeys.UpdateKeyParameters{
		KeyAttributes: &azkeys.KeyAttributes{Enabled: ptr(false)}, Tags: map[string]*string{"now": ptr("yes")},
	}, nil))
	need(!*newest.Attributes.Enabled && *newest.Tags["now"] == "yes", "the newest")
	one := must(admin.UpdateKey(ctx, name("update"), old.Key.KID.Version(), azkeys.UpdateKeyParameters{
		KeyAttributes: &azkeys.KeyAttributes{Expires: ptr(time.Unix(2100000000, 0))},
	}, nil))
	need(*one.Attributes.Enabled && *one.Tags["keep"] == "no" && one.Attributes.Expires.Unix() == 2100000000, "one version")
}

func rotate() {
	first := create("rotate", made{Kty: kind(azkeys.KeyTypeEC), Tags: map[string]*string{"stays": ptr("here")}})
	set := must(admin.UpdateKeyRotationPolicy(ctx, name("rotate"), azkeys.KeyRotationPolicy{
		Attributes: &azkeys.KeyRotationPolicyAttributes{ExpiryTime: ptr("P1Y")},
		LifetimeActions: []*azkeys.LifetimeAction{{
			Action:  &azkeys.LifetimeActionType{Type: ptr(azkeys.KeyRotationPolicyActionRotate)},
			Trigger: &azkeys.LifetimeActionTrigger{TimeBeforeExpiry: ptr("P30D")},
		}},
	}, nil))
	same(*set.ID, url+"/keys/"+name("rotate")+"/rotationpolicy", "id")
	near(set.Attributes.Updated)
	same(*must(admin.GetKeyRotationPolicy(ctx, name("rotate"), nil)).Attributes.ExpiryTime, "P1Y", "expiryTime")
	second := must(admin.RotateKey(ctx, name("rotate"), nil))
	need(*second.Key.KID != *first.Key.KID && *second.Tags["stays"] == "here", "the new version")
	days := time.Until(*second.Attributes.Expires).Hours() / 24
	need(days > 364 && days < 367, "expires in %f days", days)
}

func listing() {
	var names, found []string
	for i := range 30 {
		names = append(names, name(fmt.Sprintf("list-%02d", i)))
		must(admin.CreateKey(ctx, names[i], made{Kty: kind(azkeys.KeyTypeOct), KeySize: size(128)}, nil))
	}
	pages := 0
	for pager := admin.NewListKeyPropertiesPager(nil); pager.More(); pages++ {
		page := must(pager.NextPage(ctx)).Value
		need(len(page) <= 25, "a page of %d", len(page))
		for _, p := range page {
			same(p.KID.Version(), "", "version in a list")
			if strings.HasPrefix(p.KID.Name(), name("list-")) {
				found = append(found, p.KID.Name())
			}
		}
	}
	need(pages >= 2 && slices.Equal(found, names), "%d pages with %v", pages, found)
}

func deleteRecoverPurge() {
	n := name("deleted")
	key := create("deleted", made{Kty: kind(azkeys.KeyTypeEC)})
	gone := must(admin.DeleteKey(ctx, n, nil))
	same(*gone.RecoveryID, url+"/deletedkeys/"+n, "recoveryId")
	near(gone.DeletedDate)
	need(gone.ScheduledPurgeDate.After(*gone.DeletedDate), "scheduledPurgeDate")
	refused[azkeys.GetKeyResponse](404, "KeyNotFound", n)(admin.GetKey(ctx, n, "", nil))
	refused[azkeys.CreateKeyResponse](409, "Conflict", "deleted but recoverable")(admin.CreateKey(ctx, n, made{Kty: kind(azkeys.KeyTypeEC)}, nil))
	same(*must(admin.GetDeletedKey(ctx, n, nil)).RecoveryID, *gone.RecoveryID, "recoveryId")
	found := false
	for pager := admin.NewListDeletedKeyPropertiesPager(nil); pager.More(); {
		for _, p := range must(pager.NextPage(ctx)).Value {
			found = found || p.KID.Name() == n
		}
	}
	need(found, "not in the list of deleted keys")
	same(*must(admin.RecoverDeletedKey(ctx, n, nil)).Key.KID, *key.Key.KID, "recovered")
	must(admin.DeleteKey(ctx, n, nil))
	must(admin.PurgeDeletedKey(ctx, n, nil))
	refused[azkeys.GetDeletedKeyResponse](404, "KeyNotFound", n)(admin.GetDeletedKey(ctx, n, nil))
}

func backup() {
	n := name("backup")
	key := create("backup", made{Kty: kind(azkeys.KeyTypeEC)})
	data := must(admin.BackupKey(ctx, n, nil)).Value
	refused[azkeys.RestoreKeyResponse](409, "Conflict", "")(admin.RestoreKey(ctx, azkeys.RestoreKeyParameters{KeyBackup: data}, nil))
	must(admin.DeleteKey(ctx, n, nil))
	must(admin.PurgeDeletedKey(ctx, n, nil))
	restored := must(admin.RestoreKey(ctx, azkeys.RestoreKeyParameters{KeyBackup: data}, nil))
	same(*restored.Key.KID, *key.Key.KID, "kid")
	equal(restored.Key.X, key.Key.X, "x")
	data[len(data)/2] ^= 1
	refused[azkeys.RestoreKeyResponse](400, "BadParameter", "")(admin.RestoreKey(ctx, azkeys.RestoreKeyParameters{KeyBackup: data}, nil))
}

func randomBytes() {
	get := func(count int32) (azkeys.GetRandomBytesResponse, error) {
		return admin.GetRandomBytes(ctx, azkeys.GetRandomBytesParameters{Count: &count}, nil)
	}
	same(len(must(get(1)).Value), 1, "bytes")
	same(len(must(get(128)).Value), 128, "bytes")
	refused[azkeys.GetRandomBytesResponse](400, "BadParameter", "")(get(0))
}

func wrong() {
	refused[azkeys.GetKeyResponse](404, "KeyNotFound", "was not found in this key vault")(admin.GetKey(ctx, name("nothing"), "", nil))
	refused[azkeys.RotateKeyResponse](404, "KeyNotFound", "")(admin.RotateKey(ctx, name("nothing"), nil))
	bad := refused[azkeys.CreateKeyResponse]
	bad(400, "BadParameter", "")(admin.CreateKey(ctx, name("wrong"), made{}, nil))
	bad(400, "BadParameter", "")(admin.CreateKey(ctx, name("wrong"), made{Kty: kind(azkeys.KeyTypeRSA), KeySize: size(1024)}, nil))
	bad(400, "BadParameter", "")(admin.CreateKey(ctx, name("wrong"), made{Kty: kind(azkeys.KeyTypeOct), KeySize: size(100)}, nil))
	bad(400, "BadParameter", "")(admin.CreateKey(ctx, strings.Repeat("a", 128), made{Kty: kind(azkeys.KeyTypeEC)}, nil))
}

var keyChecks = []check{
	creates("an RSA key", "rsa", made{Kty: kind(azkeys.KeyTypeRSA), KeySize: size(2048)}),
	creates("an RSA-HSM key", "rsa-hsm", made{Kty: kind(azkeys.KeyTypeRSAHSM), KeySize: size(2048)}),
	creates("P-256", "p256", made{Kty: kind(azkeys.KeyTypeEC), Curve: curve(azkeys.CurveNameP256)}),
	creates("P-384", "p384", made{Kty: kind(azkeys.KeyTypeEC), Curve: curve(azkeys.CurveNameP384)}),
	creates("P-521", "p521", made{Kty: kind(azkeys.KeyTypeECHSM), Curve: curve(azkeys.CurveNameP521)}),
	creates("P-256K", "p256k", made{Kty: kind(azkeys.KeyTypeEC), Curve: curve(azkeys.CurveNameP256K)}),
	creates("an oct key", "oct", made{Kty: kind(azkeys.KeyTypeOct), KeySize: size(192)}),
	creates("an oct-HSM key", "oct-hsm", made{Kty: kind(azkeys.KeyTypeOctHSM)}),
	{"all that can be said of a key comes back", allComesBack},
	{"keys are imported", imports},
	{"each create makes a version", versions},
	{"properties change, of the newest and of one version", update},
	{"a key is rotated, as its policy says", rotate},
	{"a listing has several pages", listing},
	{"a key is deleted, recovered, and purged", deleteRecoverPurge},
	{"a backup brings a purged key back", backup},
	{"random bytes", randomBytes},
	{"what is wrong is refused in the SDK's errors", wrong},
}
