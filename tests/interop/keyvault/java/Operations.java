package keyvault;

import static keyvault.Vault.*;

import com.azure.core.exception.HttpResponseException;
import com.azure.core.util.Context;
import com.azure.security.keyvault.keys.KeyClient;
import com.azure.security.keyvault.keys.cryptography.CryptographyClient;
import com.azure.security.keyvault.keys.cryptography.models.*;
import com.azure.security.keyvault.keys.models.*;
import java.security.*;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.*;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;

final class Operations {
    private static final byte[] MESSAGE = "what is to be kept".getBytes();
    private static KeyClient client;

    private static byte[] digest(SignatureAlgorithm algorithm) throws Exception {
        return MessageDigest.getInstance("SHA-" + algorithm.toString().substring(2, 5)).digest(MESSAGE);
    }

    // The JDK's own verdict over what the vault has signed.
    private static boolean verified(SignatureAlgorithm algorithm, JsonWebKey key, byte[] signature) throws Exception {
        String name = algorithm.toString(), size = name.substring(2, 5);
        Signature by;
        if (name.startsWith("ES")) {
            by = Signature.getInstance("SHA" + size + "withECDSAinP1363Format");
            by.initVerify(key.toEc().getPublic());
        } else if (name.startsWith("PS")) {
            by = Signature.getInstance("RSASSA-PSS");
            by.setParameter(new PSSParameterSpec("SHA-" + size, "MGF1", new MGF1ParameterSpec("SHA-" + size), Integer.parseInt(size) / 8, 1));
            by.initVerify(key.toRsa().getPublic());
        } else {
            by = Signature.getInstance("SHA" + size + "withRSA");
            by.initVerify(key.toRsa().getPublic());
        }
        by.update(MESSAGE);
        return by.verify(signature);
    }

    private static void signs(KeyVaultKey key, SignatureAlgorithm... algorithms) throws Exception {
        CryptographyClient remote = cryptography(key.getId(), "admin", true), local = cryptography(key.getId(), "admin", false);
        for (SignatureAlgorithm algorithm : algorithms) {
            SignResult signed = remote.sign(algorithm, digest(algorithm));
            same(signed.getKeyId(), key.getId(), "kid");
            byte[] signature = signed.getSignature(), changed = signature.clone();
            changed[20] ^= 1;
            // a curve that the JDK has no more: the vault's word alone
            need(algorithm.equals(SignatureAlgorithm.ES256K) || verified(algorithm, key.getKey(), signature), algorithm + ": not what the JDK takes");
            for (CryptographyClient by : algorithm.equals(SignatureAlgorithm.ES256K) ? List.of(remote) : List.of(remote, local)) {
                need(by.verify(algorithm, digest(algorithm), signature).isValid(), algorithm + ": not what is taken");
                need(!by.verify(algorithm, digest(algorithm), changed).isValid(), algorithm + ": a changed signature");
            }
            need(remote.verifyData(algorithm, MESSAGE, remote.signData(algorithm, MESSAGE).getSignature()).isValid(), algorithm + ": data");
        }
    }

    private static KeyVaultKey rsa(String name) {
        return client.createRsaKey(new CreateRsaKeyOptions(name(name)).setKeySize(2048));
    }

    private static void curve(Map<String, Body> checks, KeyCurveName curve, SignatureAlgorithm algorithm) {
        checks.put("EC keys sign with " + algorithm,
            () -> signs(client.createEcKey(new CreateEcKeyOptions(name("signs-" + curve)).setCurveName(curve)), algorithm));
    }

    private static void decrypts() throws Exception {
        KeyVaultKey key = rsa("encrypts");
        CryptographyClient remote = cryptography(key.getId(), "admin", true), local = cryptography(key.getId(), "admin", false);
        Cipher own = Cipher.getInstance("RSA/ECB/OAEPWithSHA-1AndMGF1Padding");
        own.init(Cipher.ENCRYPT_MODE, key.getKey().toRsa().getPublic());
        same(remote.decrypt(EncryptionAlgorithm.RSA_OAEP, own.doFinal(MESSAGE)).getPlainText(), MESSAGE, "of the JDK's");
        for (String algorithm : List.of("RSA1_5", "RSA-OAEP", "RSA-OAEP-256"))
            for (CryptographyClient by : List.of(remote, local)) {
                byte[] sealed = by.encrypt(EncryptionAlgorithm.fromString(algorithm), MESSAGE).getCipherText();
                same(remote.decrypt(EncryptionAlgorithm.fromString(algorithm), sealed).getPlainText(), MESSAGE, algorithm);
                sealed = by.wrapKey(KeyWrapAlgorithm.fromString(algorithm), MESSAGE).getEncryptedKey();
                same(remote.unwrapKey(KeyWrapAlgorithm.fromString(algorithm), sealed).getKey(), MESSAGE, algorithm);
            }
        refused(HttpResponseException.class, 400, "BadParameter", () -> remote.decrypt(EncryptionAlgorithm.RSA_OAEP, new byte[256]));
    }

    private static void symmetric() throws Exception {
        JsonWebKey jwk = JsonWebKey.fromAes(new SecretKeySpec(new byte[32], "AES"),
            List.of(KeyOperation.ENCRYPT, KeyOperation.DECRYPT, KeyOperation.WRAP_KEY, KeyOperation.UNWRAP_KEY));
        CryptographyClient remote = cryptography(client.importKey(name("oct-works"), jwk).getId(), "admin", true);
        byte[] aad = "of it".getBytes(), iv = new byte[16];
        EncryptResult gcm = remote.encrypt(EncryptParameters.createA256GcmParameters(MESSAGE, aad), Context.NONE);
        same(remote.decrypt(DecryptParameters.createA256GcmParameters(gcm.getCipherText(), gcm.getIv(), gcm.getAuthenticationTag(), aad), Context.NONE)
            .getPlainText(), MESSAGE, "GCM");
        refused(HttpResponseException.class, 400, "BadParameter", () -> remote.decrypt(DecryptParameters
            .createA256GcmParameters(gcm.getCipherText(), gcm.getIv(), gcm.getAuthenticationTag()), Context.NONE));
        EncryptResult cbc = remote.encrypt(EncryptParameters.createA256CbcPadParameters(MESSAGE, iv), Context.NONE);
        same(remote.decrypt(DecryptParameters.createA256CbcPadParameters(cbc.getCipherText(), iv), Context.NONE).getPlainText(), MESSAGE, "CBC");
        byte[] wrapped = remote.wrapKey(KeyWrapAlgorithm.A256KW, new byte[16]).getEncryptedKey();
        Cipher own = Cipher.getInstance("AES/KW/NoPadding");
        own.init(Cipher.UNWRAP_MODE, new SecretKeySpec(new byte[32], "AES"));
        same(own.unwrap(wrapped, "AES", Cipher.SECRET_KEY).getEncoded(), new byte[16], "by the JDK");
        same(remote.unwrapKey(KeyWrapAlgorithm.A256KW, wrapped).getKey(), new byte[16], "unwrapped");
    }

    static Map<String, Body> all() throws Exception {
        Map<String, Body> checks = new LinkedHashMap<>();
        client = keys("admin");
        checks.put("RSA keys sign", () -> signs(rsa("signs"), SignatureAlgorithm.RS256, SignatureAlgorithm.RS384, SignatureAlgorithm.RS512,
            SignatureAlgorithm.PS256, SignatureAlgorithm.PS384, SignatureAlgorithm.PS512));
        curve(checks, KeyCurveName.P_256, SignatureAlgorithm.ES256);
        curve(checks, KeyCurveName.P_384, SignatureAlgorithm.ES384);
        curve(checks, KeyCurveName.P_521, SignatureAlgorithm.ES512);
        curve(checks, KeyCurveName.P_256K, SignatureAlgorithm.ES256K);
        checks.put("RSA keys decrypt what anybody encrypts, and unwrap", Operations::decrypts);
        checks.put("oct keys encrypt with GCM and CBC, and wrap", Operations::symmetric);
        checks.put("what a key must not do is refused", () -> {
            KeyVaultKey key = rsa("must-not");
            CryptographyClient remote = cryptography(key.getId(), "admin", true);
            refused(HttpResponseException.class, 400, "BadParameter", () -> remote.sign(SignatureAlgorithm.ES256, new byte[32]));
            refused(HttpResponseException.class, 400, "BadParameter", () -> remote.sign(SignatureAlgorithm.RS256, new byte[48]));
            client.updateKeyProperties(key.getProperties().setEnabled(false));
            refused(HttpResponseException.class, 403, "disabled", () -> remote.sign(SignatureAlgorithm.RS256, new byte[32]));
        });
        return checks;
    }
}
