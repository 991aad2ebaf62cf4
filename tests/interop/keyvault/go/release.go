// A key for a program in the software TEE: its evidence is judged by the vault's own verifier, the SDK asks
// with the token for the key, and Go's own cryptography checks, unwraps and uses it.
package main

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash"
	"net/http"
	neturl "net/url"
	"os"
	"os/exec"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
)

type object = map[string]any

var recipient = must(rsa.GenerateKey(rand.Reader, 2048))

func b64url(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func unb64url(text string) []byte { return must(base64.RawURLEncoding.DecodeString(text)) }

func read[T any](data []byte) (value T) {
	need(json.Unmarshal(data, &value) == nil, "not JSON of that form: %s", data)
	return value
}

func policyOf(conditions ...object) *azkeys.KeyReleasePolicy {
	all := append([]object{{"claim": "x-quoth-simulated", "equals": true}, {"claim": "x-ms-sgx-is-debuggable", "equals": false}}, conditions...)
	return &azkeys.KeyReleasePolicy{EncodedPolicy: must(json.Marshal(object{"version": "1.0.0", "anyOf": []object{{"authority": url, "allOf": all}}}))}
}

// releasable makes a key exportable to the program that the simulated evidence is of.
func releasable(parameters made) made {
	parameters.KeyAttributes = &azkeys.KeyAttributes{Exportable: ptr(true)}
	parameters.ReleasePolicy = policyOf(object{"claim": "x-ms-sgx-mrsigner", "equals": strings.Repeat("51", 32)})
	return parameters
}

// attested is the verifier's token for evidence over runtime data that name the recipient's key.
func attested(member string, meant any) string {
	data := must(json.Marshal(object{"keys": []object{{"kty": "RSA", "kid": "go", member: meant, "n": b64url(recipient.N.Bytes()), "e": "AQAB"}}}))
	file := os.Getenv("KEYVAULT_TOKENS") + "/go.runtime-data"
	need(os.WriteFile(file, data, 0o600) == nil, "%s cannot be written", file)
	quote := must(exec.Command(os.Getenv("KEYVAULT_MAKE_QUOTE"), os.Getenv("KEYVAULT_PLATFORM"), file).Output())
	body := must(json.Marshal(object{"quote": b64url(quote), "runtimeData": object{"data": b64url(data), "dataType": "JSON"}}))
	answer := must(http.Post(url+"/attest/SgxEnclave?api-version=2020-10-01", "application/json", bytes.NewReader(body)))
	defer answer.Body.Close()
	var reply struct{ Token string }
	need(answer.StatusCode == 200 && json.NewDecoder(answer.Body).Decode(&reply) == nil, "attestation: %s", answer.Status)
	return reply.Token
}

type released struct {
	Request  struct{ Enc, Kid, Nonce string }
	Response struct {
		Key struct {
			Key        struct{ Kid, Kty, Key_hsm string }
			Attributes struct{ Exportable bool }
		}
	}
}

// opened reads the answer as the sidecar for containers does: the chain goes up to the system's roots, for
// the vault's host name, with what stands between the first and the last of x5c as intermediates.
func opened(value *string) released {
	parts := strings.Split(*value, ".")
	same(len(parts), 3, "parts")
	head := read[struct {
		Alg string
		X5c []string
	}](unb64url(parts[0]))
	same(head.Alg, "RS256", "alg")
	var chain []*x509.Certificate
	between := x509.NewCertPool()
	for i, text := range head.X5c {
		chain = append(chain, must(x509.ParseCertificate(must(base64.StdEncoding.DecodeString(text)))))
		if i > 0 && i < len(head.X5c)-1 {
			between.AddCert(chain[i])
		}
	}
	must(chain[0].Verify(x509.VerifyOptions{DNSName: must(neturl.Parse(url)).Hostname(), Intermediates: between, Roots: must(x509.SystemCertPool())}))
	key, isRSA := chain[0].PublicKey.(*rsa.PublicKey)
	need(isRSA, "the answer is not signed with an RSA key")
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	need(rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], unb64url(parts[2])) == nil, "the answer's signature")
	return read[released](unb64url(parts[1]))
}

// unwound is the inverse of RFC 3394's wrapping: the initial value, and what was wrapped.
func unwound(key, sealed []byte) (uint64, []byte) {
	block, n := must(aes.NewCipher(key)), len(sealed)/8-1
	need(len(sealed)%8 == 0 && n > 1, "%d bytes", len(sealed))
	a, r := binary.BigEndian.Uint64(sealed), bytes.Clone(sealed[8:])
	for t := 6 * n; t > 0; t-- {
		at, both := 8*((t-1)%n), make([]byte, 16)
		binary.BigEndian.PutUint64(both, a^uint64(t))
		copy(both[8:], r[at:at+8])
		block.Decrypt(both, both)
		a = binary.BigEndian.Uint64(both)
		copy(r[at:], both[8:])
	}
	return a, r
}

// unwrapKWP is RFC 5649.
func unwrapKWP(key, sealed []byte) []byte {
	a, r := unwound(key, sealed)
	length := int(uint32(a))
	need(a>>32 == 0xa65959a6 && length > len(r)-8 && length <= len(r), "not what was wrapped")
	need(bytes.Count(r[length:], []byte{0}) == len(r)-length, "padding")
	return r[:length]
}

func unwrapped(answer released, h hash.Hash) []byte {
	blob := read[struct {
		Ciphertext string
		Header     struct{ Kid, Alg, Enc string }
	}](unb64url(answer.Response.Key.Key.Key_hsm))
	same(blob.Header.Kid, "go", "kid")
	same(blob.Header.Enc, answer.Request.Enc, "enc")
	sealed := unb64url(blob.Ciphertext)
	key := must(rsa.DecryptOAEP(h, nil, recipient, sealed[:256], nil))
	same(len(key), 32, "bytes of the key between")
	return unwrapKWP(key, sealed[256:])
}

func ask(id *azkeys.ID, version, token string, algorithm *azkeys.KeyEncryptionAlgorithm, nonce *string) (azkeys.ReleaseResponse, error) {
	return admin.Release(ctx, id.Name(), version, azkeys.ReleaseParameters{TargetAttestationToken: &token, Algorithm: algorithm, Nonce: nonce}, nil)
}

func releases(algorithm azkeys.KeyEncryptionAlgorithm, h func() hash.Hash) check {
	return check{"keys are released with " + string(algorithm) + ", and used", func() {
		n := "release-" + strings.ToLower(strings.ReplaceAll(string(algorithm), "_", "-"))
		own := create(n+"-rsa", releasable(made{Kty: kind(azkeys.KeyTypeRSAHSM), KeySize: size(2048)}))
		curved := create(n+"-ec", releasable(made{Kty: kind(azkeys.KeyTypeEC), Curve: curve(azkeys.CurveNameP521)}))
		oct := create(n+"-oct", releasable(made{Kty: kind(azkeys.KeyTypeOctHSM), KeySize: size(256)}))
		token, digest := attested("use", "enc"), sha256.Sum256(message)
		get := func(key azkeys.KeyBundle) []byte {
			answer := opened(must(ask(key.Key.KID, "", token, &algorithm, ptr("a nonce, ö"))).Value)
			same(answer.Request.Nonce, "a nonce, ö", "nonce")
			same(answer.Response.Key.Key.Kid, string(*key.Key.KID), "kid")
			same(answer.Response.Key.Key.Kty, string(*key.Key.Kty), "kty")
			return unwrapped(answer, h())
		}
		private := must(x509.ParsePKCS8PrivateKey(get(own))).(*rsa.PrivateKey)
		signature := must(rsa.SignPKCS1v15(rand.Reader, private, crypto.SHA256, digest[:]))
		need(rsa.VerifyPKCS1v15(rsaPublic(own.Key), crypto.SHA256, digest[:], signature) == nil, "the vault's key is another")
		elliptic := must(x509.ParsePKCS8PrivateKey(get(curved))).(*ecdsa.PrivateKey)
		r, s, err := ecdsa.Sign(rand.Reader, elliptic, digest[:])
		need(err == nil && ecdsa.Verify(ecPublic(curved.Key), digest[:], r, s), "the vault's key is another")
		wrap := operation(azkeys.EncryptionAlgorithmA256KW, make([]byte, 32))
		wrapped := must(admin.WrapKey(ctx, oct.Key.KID.Name(), "", wrap, nil)).Result
		same(len(wrapped), 40, "wrapped")
		initial, opened := unwound(get(oct), wrapped)
		same(initial, 0xa6a6a6a6a6a6a6a6, "initial value")
		equal(opened, make([]byte, 32), "by the released key")
	}}
}

// Without an algorithm it is SHA-1, which is what the sidecar gets, as it never names one.
func likeTheSidecar() {
	key := create("release-sidecar", releasable(made{Kty: kind(azkeys.KeyTypeEC)})).Key
	must(admin.RotateKey(ctx, key.KID.Name(), nil))
	answer := opened(must(ask(key.KID, key.KID.Version(), attested("key_ops", []string{"encrypt"}), nil, nil)).Value)
	same(answer.Request.Enc, "CKM_RSA_AES_KEY_WRAP", "enc")
	same(answer.Request.Kid, string(*key.KID), "request.kid")
	same(answer.Response.Key.Key.Kid, string(*key.KID), "kid")
	own := must(x509.ParsePKCS8PrivateKey(unwrapped(answer, sha1.New()))).(*ecdsa.PrivateKey)
	need(own.PublicKey.Equal(ecPublic(key)), "the vault's key is another")
}

func others() {
	bad := refused[azkeys.ReleaseResponse]
	key := create("release-others", releasable(made{Kty: kind(azkeys.KeyTypeEC)})).Key
	token := attested("use", "enc")
	bad(400, "BadParameter", "")(ask(key.KID, "", attested("use", "sig"), nil, nil))
	bad(403, "Forbidden", "")(ask(key.KID, "", token[:len(token)-12]+"AAAAAAAAAAAA", nil, nil))
	bad(400, "BadParameter", "")(ask(key.KID, "", token, ptr(azkeys.KeyEncryptionAlgorithm("RSA_AES_KEY_WRAP_512")), nil))
	bad(404, "KeyNotFound", "")(ask(ptr(azkeys.ID(url+"/keys/"+name("nothing"))), "", token, nil, nil))
	stricter := must(admin.UpdateKey(ctx, key.KID.Name(), "", azkeys.UpdateKeyParameters{ReleasePolicy: policyOf(object{"claim": "x-ms-sgx-svn", "greater": 2})}, nil))
	need(len(stricter.ReleasePolicy.EncodedPolicy) > 0, "no policy")
	bad(403, "Forbidden", "does not meet key release policy requirements")(ask(key.KID, "", attested("use", "enc"), nil, nil))
	refused[azkeys.UpdateKeyResponse](400, "BadParameter", "AKV.SKR.1016")(
		admin.UpdateKey(ctx, key.KID.Name(), key.KID.Version(), azkeys.UpdateKeyParameters{ReleasePolicy: policyOf()}, nil))
}

var releaseChecks = []check{
	releases(azkeys.KeyEncryptionAlgorithmCKMRSAAESKEYWRAP, sha1.New),
	releases(azkeys.KeyEncryptionAlgorithmRSAAESKEYWRAP256, sha256.New),
	releases(azkeys.KeyEncryptionAlgorithmRSAAESKEYWRAP384, sha512.New384),
	{"without an algorithm, of a version, as the sidecar reads it", likeTheSidecar},
	{"whom the policy does not mean gets nothing", others},
}
