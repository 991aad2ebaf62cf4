// A key for a program in the software TEE: its evidence is judged by the vault's own verifier, the SDK asks
// with the token for the key, and the JDK's own cryptography checks, unwraps and uses it.
package keyvault;

import static keyvault.Vault.*;

import com.azure.core.exception.HttpResponseException;
import com.azure.core.util.BinaryData;
import com.azure.core.util.Context;
import com.azure.security.keyvault.keys.KeyClient;
import com.azure.security.keyvault.keys.models.*;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.*;
import java.util.*;
import javax.crypto.Cipher;
import javax.crypto.spec.*;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

final class Release {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final byte[] MESSAGE = "by the program".getBytes();
    private static KeyClient client;
    private static KeyPair recipient;

    private static String b64url(byte[] data) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(data);
    }

    private static byte[] unb64url(String text) {
        return Base64.getUrlDecoder().decode(text);
    }

    private static KeyReleasePolicy policy(String claim, String operator, Object value) throws Exception {
        Map<String, Object> policy = Map.of("version", "1.0.0", "anyOf", List.of(Map.of("authority", URL, "allOf", List.of(
            Map.of("claim", "x-quoth-simulated", "equals", true), Map.of("claim", "x-ms-sgx-is-debuggable", "equals", false),
            Map.of("claim", claim, operator, value)))));
        return new KeyReleasePolicy(BinaryData.fromBytes(JSON.writeValueAsBytes(policy)));
    }

    private static KeyReleasePolicy ours() throws Exception {
        return policy("x-ms-sgx-mrsigner", "equals", "51".repeat(32));
    }

    private static KeyVaultKey elliptic(String name, KeyReleasePolicy policy) {
        return client.createEcKey(new CreateEcKeyOptions(name(name)).setExportable(true).setReleasePolicy(policy));
    }

    // The verifier's token for evidence over runtime data that name the recipient's key.
    private static String attested(String use) throws Exception {
        byte[] n = ((RSAPublicKey) recipient.getPublic()).getModulus().toByteArray();
        Map<String, String> jwk = Map.of("kty", "RSA", "kid", "java", "use", use, "e", "AQAB", "n", b64url(Arrays.copyOfRange(n, n.length - 256, n.length)));
        byte[] data = JSON.writeValueAsBytes(Map.of("keys", List.of(jwk)));
        Path file = Path.of(System.getenv("KEYVAULT_TOKENS"), "java.runtime-data");
        Files.write(file, data);
        Process quoting = new ProcessBuilder(System.getenv("KEYVAULT_MAKE_QUOTE"), System.getenv("KEYVAULT_PLATFORM"), file.toString()).start();
        byte[] quote = quoting.getInputStream().readAllBytes();
        same(quoting.waitFor(), 0, "make_quote");
        String body = JSON.writeValueAsString(Map.of("quote", b64url(quote), "runtimeData", Map.of("data", b64url(data), "dataType", "JSON")));
        HttpResponse<String> answer = HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(URL + "/attest/SgxEnclave?api-version=2020-10-01"))
            .header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body)).build(), HttpResponse.BodyHandlers.ofString());
        same(answer.statusCode(), 200, answer.body());
        return JSON.readTree(answer.body()).get("token").asText();
    }

    // What is in the answer, its signature checked by its own chain up to an authority in the trust store.
    private static JsonNode opened(String jws) throws Exception {
        String[] parts = jws.split("\\.");
        JsonNode head = JSON.readTree(unb64url(parts[0]));
        same(head.get("alg").asText(), "RS256", "alg");
        List<X509Certificate> chain = new ArrayList<>();
        for (JsonNode der : head.get("x5c"))
            chain.add((X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(Base64.getDecoder().decode(der.asText()))));
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        for (TrustManager manager : factory.getTrustManagers())
            ((X509TrustManager) manager).checkServerTrusted(chain.toArray(new X509Certificate[0]), "ECDHE_RSA"); // it signs
        Signature by = Signature.getInstance("SHA256withRSA");
        by.initVerify(chain.get(0));
        by.update((parts[0] + "." + parts[1]).getBytes());
        need(by.verify(unb64url(parts[2])), "the answer's signature");
        return JSON.readTree(unb64url(parts[1]));
    }

    private static byte[] unwrapped(JsonNode answer, String hash) throws Exception {
        JsonNode blob = JSON.readTree(unb64url(answer.at("/response/key/key/key_hsm").asText()));
        same(blob.at("/header/kid").asText(), "java", "kid");
        byte[] data = unb64url(blob.get("ciphertext").asText());
        Cipher oaep = Cipher.getInstance("RSA/ECB/OAEPPadding");
        oaep.init(Cipher.DECRYPT_MODE, recipient.getPrivate(), new OAEPParameterSpec(hash, "MGF1", new MGF1ParameterSpec(hash), PSource.PSpecified.DEFAULT));
        Cipher wrap = Cipher.getInstance("AES/KWP/NoPadding");
        wrap.init(Cipher.DECRYPT_MODE, new SecretKeySpec(oaep.doFinal(data, 0, 256), "AES"));
        return wrap.doFinal(data, 256, data.length - 256);
    }

    private static String release(KeyVaultKey key, String version, String token, KeyExportEncryptionAlgorithm algorithm, String nonce) {
        return client.releaseKeyWithResponse(key.getName(), version, token, new ReleaseKeyOptions().setAlgorithm(algorithm).setNonce(nonce), Context.NONE)
            .getValue().getValue();
    }

    private static void used(PublicKey shown, byte[] pkcs8, String kind, String with) throws Exception {
        Signature by = Signature.getInstance(with);
        by.initSign(KeyFactory.getInstance(kind).generatePrivate(new PKCS8EncodedKeySpec(pkcs8)));
        by.update(MESSAGE);
        byte[] signature = by.sign();
        by.initVerify(shown);
        by.update(MESSAGE);
        need(by.verify(signature), "the vault's key is another");
    }

    private static void releases(Map<String, Body> checks, KeyExportEncryptionAlgorithm algorithm, String hash) {
        checks.put("keys are released with " + algorithm + ", and used", () -> {
            KeyVaultKey rsa = client.createRsaKey(new CreateRsaKeyOptions(name("release-rsa-" + hash)).setHardwareProtected(true)
                .setExportable(true).setReleasePolicy(ours()));
            KeyVaultKey ec = elliptic("release-ec-" + hash, ours());
            ImportKeyOptions brought = new ImportKeyOptions(name("release-oct-" + hash), JsonWebKey.fromAes(new SecretKeySpec(new byte[24], "AES")))
                .setHardwareProtected(true);
            brought.setExportable(true).setReleasePolicy(ours());
            KeyVaultKey oct = client.importKey(brought);
            String token = attested("enc");
            Map<KeyVaultKey, byte[]> released = new IdentityHashMap<>();
            for (KeyVaultKey key : List.of(rsa, ec, oct)) {
                JsonNode answer = opened(release(key, null, token, algorithm, "a nonce"));
                same(answer.at("/request/enc").asText(), algorithm.toString(), "enc");
                same(answer.at("/request/nonce").asText(), "a nonce", "nonce");
                same(answer.at("/request/kid").asText(), URL + "/keys/" + key.getName(), "request.kid");
                same(answer.at("/response/key/key/kid").asText(), key.getId(), "kid");
                same(answer.at("/response/key/key/kty").asText(), key.getKeyType().toString(), "kty");
                released.put(key, unwrapped(answer, hash));
            }
            used(client.getKey(rsa.getName()).getKey().toRsa().getPublic(), released.get(rsa), "RSA", "SHA256withRSA");
            used(client.getKey(ec.getName()).getKey().toEc().getPublic(), released.get(ec), "EC", "SHA256withECDSA");
            same(released.get(oct), new byte[24], "the key");
        });
    }

    static Map<String, Body> all() throws Exception {
        Map<String, Body> checks = new LinkedHashMap<>();
        client = keys("admin");
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        recipient = generator.generateKeyPair();
        releases(checks, KeyExportEncryptionAlgorithm.CKM_RSA_AES_KEY_WRAP, "SHA-1");
        releases(checks, KeyExportEncryptionAlgorithm.RSA_AES_KEY_WRAP_256, "SHA-256");
        releases(checks, KeyExportEncryptionAlgorithm.RSA_AES_KEY_WRAP_384, "SHA-384");
        checks.put("without an algorithm, of a version, after a rotation", () -> {
            KeyVaultKey key = elliptic("release-old", ours());
            client.rotateKey(key.getName());
            JsonNode answer = opened(client.releaseKey(key.getName(), key.getProperties().getVersion(), attested("enc")).getValue());
            same(answer.at("/request/enc").asText(), "CKM_RSA_AES_KEY_WRAP", "enc");
            same(answer.at("/response/key/key/kid").asText(), key.getId(), "kid");
            used(key.getKey().toEc().getPublic(), unwrapped(answer, "SHA-1"), "EC", "SHA256withECDSA");
        });
        checks.put("whom the policy does not mean gets nothing", () -> {
            KeyVaultKey other = elliptic("release-other", policy("x-ms-sgx-svn", "less", 2)), good = elliptic("release-good", ours());
            String token = attested("enc"), changed = token.substring(0, token.length() - 12) + "A".repeat(12);
            refused(HttpResponseException.class, 403, "does not meet key release policy requirements",
                () -> client.releaseKey(other.getName(), token));
            refused(HttpResponseException.class, 403, "Forbidden", () -> client.releaseKey(good.getName(), changed));
            refused(HttpResponseException.class, 400, "BadParameter", () -> client.releaseKey(good.getName(), attested("sig")));
            refused(HttpResponseException.class, 400, "AKV.SKR.1004",
                () -> client.createEcKey(new CreateEcKeyOptions(name("release-none")).setExportable(true)));
        });
        return checks;
    }
}
