package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	_ "crypto/sha512"
	"math/big"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
)

var message = []byte("what is to be kept")

var hashes = map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}

func hashOf(algorithm azkeys.SignatureAlgorithm) crypto.Hash { return hashes[string(algorithm[2:5])] }

func digest(algorithm azkeys.SignatureAlgorithm) []byte {
	h := hashOf(algorithm).New()
	h.Write(message)
	return h.Sum(nil)
}

func number(data []byte) *big.Int { return new(big.Int).SetBytes(data) }

func rsaPublic(key *azkeys.JSONWebKey) *rsa.PublicKey {
	return &rsa.PublicKey{N: number(key.N), E: int(number(key.E).Int64())}
}

func ecPublic(key *azkeys.JSONWebKey) *ecdsa.PublicKey {
	curves := map[azkeys.CurveName]elliptic.Curve{azkeys.CurveNameP256: elliptic.P256(), azkeys.CurveNameP384: elliptic.P384(), azkeys.CurveNameP521: elliptic.P521()}
	return &ecdsa.PublicKey{Curve: curves[*key.Crv], X: number(key.X), Y: number(key.Y)}
}

// verified is Go's own verdict over what the vault has signed.
func verified(algorithm azkeys.SignatureAlgorithm, key *azkeys.JSONWebKey, signature []byte) bool {
	hash := hashOf(algorithm)
	switch algorithm[:2] {
	case "RS":
		return rsa.VerifyPKCS1v15(rsaPublic(key), hash, digest(algorithm), signature) == nil
	case "PS":
		return rsa.VerifyPSS(rsaPublic(key), hash, digest(algorithm), signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
	}
	if algorithm == azkeys.SignatureAlgorithmES256K { // a curve that Go has not: the vault's word alone
		return len(signature) == 64
	}
	half := len(signature) / 2
	return ecdsa.Verify(ecPublic(key), digest(algorithm), number(signature[:half]), number(signature[half:]))
}

func verify(key *azkeys.JSONWebKey, algorithm azkeys.SignatureAlgorithm, signature []byte) bool {
	answer := must(admin.Verify(ctx, key.KID.Name(), key.KID.Version(), azkeys.VerifyParameters{Algorithm: &algorithm, Digest: digest(algorithm), Signature: signature}, nil))
	return *answer.Value
}

func sign(key *azkeys.JSONWebKey, algorithm azkeys.SignatureAlgorithm) []byte {
	signed := must(admin.Sign(ctx, key.KID.Name(), key.KID.Version(), azkeys.SignParameters{Algorithm: &algorithm, Value: digest(algorithm)}, nil))
	same(*signed.KID, *key.KID, "kid")
	return signed.Result
}

func signs(what string, parameters made, algorithms ...azkeys.SignatureAlgorithm) check {
	return check{what, func() {
		key := create("signs-"+string(algorithms[0]), parameters).Key
		for _, algorithm := range algorithms {
			signature := sign(key, algorithm)
			need(verified(algorithm, key, signature), "%s: not what Go takes", algorithm)
			need(verify(key, algorithm, signature), "%s: not what the vault takes", algorithm)
			signature[20] ^= 1
			need(!verify(key, algorithm, signature), "%s: a changed signature", algorithm)
			need(!verify(key, algorithm, signature[1:]), "%s: a short signature", algorithm)
		}
	}}
}

func operation(algorithm azkeys.EncryptionAlgorithm, value []byte) azkeys.KeyOperationParameters {
	return azkeys.KeyOperationParameters{Algorithm: &algorithm, Value: value}
}

func decrypts() {
	key := create("encrypts", made{Kty: kind(azkeys.KeyTypeRSAHSM), KeySize: size(2048)}).Key
	n, v := key.KID.Name(), key.KID.Version()
	own := map[azkeys.EncryptionAlgorithm][]byte{
		azkeys.EncryptionAlgorithmRSA15:      must(rsa.EncryptPKCS1v15(rand.Reader, rsaPublic(key), message)),
		azkeys.EncryptionAlgorithmRSAOAEP:    must(rsa.EncryptOAEP(sha1.New(), rand.Reader, rsaPublic(key), message, nil)),
		azkeys.EncryptionAlgorithmRSAOAEP256: must(rsa.EncryptOAEP(sha256.New(), rand.Reader, rsaPublic(key), message, nil)),
	}
	for algorithm, sealed := range own {
		equal(must(admin.Decrypt(ctx, n, v, operation(algorithm, sealed), nil)).Result, message, string(algorithm))
		sealed = must(admin.Encrypt(ctx, n, "", operation(algorithm, message), nil)).Result
		equal(must(admin.Decrypt(ctx, n, "", operation(algorithm, sealed), nil)).Result, message, string(algorithm))
		sealed = must(admin.WrapKey(ctx, n, v, operation(algorithm, message), nil)).Result
		equal(must(admin.UnwrapKey(ctx, n, v, operation(algorithm, sealed), nil)).Result, message, string(algorithm))
	}
	bad := refused[azkeys.DecryptResponse]
	bad(400, "BadParameter", "")(admin.Decrypt(ctx, n, v, operation(azkeys.EncryptionAlgorithmRSAOAEP, make([]byte, 256)), nil))
	bad(400, "BadParameter", "")(admin.Decrypt(ctx, n, v, operation("ROT13", message), nil))
}

func octKeys() {
	key := create("oct-works", made{Kty: kind(azkeys.KeyTypeOctHSM), KeySize: size(256)}).Key
	n := key.KID.Name()
	gcm := operation(azkeys.EncryptionAlgorithmA256GCM, message)
	gcm.AdditionalAuthenticatedData = []byte("of it")
	sealed := must(admin.Encrypt(ctx, n, "", gcm, nil))
	need(len(sealed.IV) == 12 && len(sealed.AuthenticationTag) == 16, "iv, tag")
	gcm.Value, gcm.IV, gcm.AuthenticationTag = sealed.Result, sealed.IV, sealed.AuthenticationTag
	equal(must(admin.Decrypt(ctx, n, "", gcm, nil)).Result, message, "GCM")
	gcm.AdditionalAuthenticatedData = nil
	refused[azkeys.DecryptResponse](400, "BadParameter", "")(admin.Decrypt(ctx, n, "", gcm, nil))
	cbc := operation(azkeys.EncryptionAlgorithmA256CBCPAD, message)
	cbc.IV = bytes.Repeat([]byte{1}, 16)
	cbc.Value = must(admin.Encrypt(ctx, n, "", cbc, nil)).Result
	equal(must(admin.Decrypt(ctx, n, "", cbc, nil)).Result, message, "CBC")
	for _, algorithm := range []azkeys.EncryptionAlgorithm{azkeys.EncryptionAlgorithmA256KW, azkeys.EncryptionAlgorithmCKMAESKEYWRAP, azkeys.EncryptionAlgorithmCKMAESKEYWRAPPAD} {
		wrapped := must(admin.WrapKey(ctx, n, "", operation(algorithm, make([]byte, 32)), nil)).Result
		equal(must(admin.UnwrapKey(ctx, n, "", operation(algorithm, wrapped), nil)).Result, make([]byte, 32), string(algorithm))
	}
}

func octSigns() {
	secret := bytes.Repeat([]byte{7}, 32)
	key := must(admin.ImportKey(ctx, name("hmac"), azkeys.ImportKeyParameters{Key: &azkeys.JSONWebKey{
		Kty: kind(azkeys.KeyTypeOct), K: secret, KeyOps: []*azkeys.KeyOperation{ptr(azkeys.KeyOperationSign), ptr(azkeys.KeyOperationVerify)},
	}}, nil)).Key
	signature := sign(key, azkeys.SignatureAlgorithmHS256)
	mac := hmac.New(sha256.New, secret)
	mac.Write(digest(azkeys.SignatureAlgorithmHS256))
	equal(signature, mac.Sum(nil), "HS256")
	need(verify(key, azkeys.SignatureAlgorithmHS256, signature), "HS256")
}

func mustNot() {
	bad := refused[azkeys.SignResponse]
	key := create("must-not", made{Kty: kind(azkeys.KeyTypeEC), KeyOps: []*azkeys.KeyOperation{ptr(azkeys.KeyOperationVerify)}}).Key
	try := func(algorithm azkeys.SignatureAlgorithm, value []byte) (azkeys.SignResponse, error) {
		return admin.Sign(ctx, key.KID.Name(), "", azkeys.SignParameters{Algorithm: &algorithm, Value: value}, nil)
	}
	bad(403, "Forbidden", "sign")(try(azkeys.SignatureAlgorithmES256, make([]byte, 32)))
	must(admin.UpdateKey(ctx, key.KID.Name(), "", azkeys.UpdateKeyParameters{KeyOps: []*azkeys.KeyOperation{ptr(azkeys.KeyOperationSign)}}, nil))
	must(try(azkeys.SignatureAlgorithmES256, make([]byte, 32)))
	bad(400, "BadParameter", "")(try(azkeys.SignatureAlgorithmES256, make([]byte, 31)))
	bad(400, "BadParameter", "")(try(azkeys.SignatureAlgorithmES384, make([]byte, 48)))
	must(admin.UpdateKey(ctx, key.KID.Name(), "", azkeys.UpdateKeyParameters{KeyAttributes: &azkeys.KeyAttributes{Enabled: ptr(false)}}, nil))
	bad(403, "Forbidden", "disabled")(try(azkeys.SignatureAlgorithmES256, make([]byte, 32)))
}

var operationChecks = []check{
	signs("RSA keys sign", made{Kty: kind(azkeys.KeyTypeRSA), KeySize: size(2048)}, azkeys.SignatureAlgorithmRS256, azkeys.SignatureAlgorithmRS384,
		azkeys.SignatureAlgorithmRS512, azkeys.SignatureAlgorithmPS256, azkeys.SignatureAlgorithmPS384, azkeys.SignatureAlgorithmPS512),
	signs("EC keys sign with ES256", made{Kty: kind(azkeys.KeyTypeEC), Curve: curve(azkeys.CurveNameP256)}, azkeys.SignatureAlgorithmES256),
	signs("EC keys sign with ES384", made{Kty: kind(azkeys.KeyTypeEC), Curve: curve(azkeys.CurveNameP384)}, azkeys.SignatureAlgorithmES384),
	signs("EC keys sign with ES512", made{Kty: kind(azkeys.KeyTypeEC), Curve: curve(azkeys.CurveNameP521)}, azkeys.SignatureAlgorithmES512),
	signs("EC keys sign with ES256K", made{Kty: kind(azkeys.KeyTypeEC), Curve: curve(azkeys.CurveNameP256K)}, azkeys.SignatureAlgorithmES256K),
	{"RSA keys decrypt what anybody encrypts, and unwrap", decrypts},
	{"oct keys encrypt with GCM and CBC, and wrap", octKeys},
	{"oct keys sign with HMAC", octSigns},
	{"what a key must not do is refused", mustNot},
}
