package keyvault;

import static keyvault.Vault.*;

import com.azure.core.exception.HttpResponseException;
import com.azure.core.exception.ResourceModifiedException;
import com.azure.core.exception.ResourceNotFoundException;
import com.azure.security.keyvault.keys.KeyClient;
import com.azure.security.keyvault.keys.models.*;
import java.math.BigInteger;
import java.security.*;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.*;
import java.util.*;
import java.util.concurrent.Callable;

final class Keys {
    private static final Map<String, Body> checks = new LinkedHashMap<>();
    private static KeyClient client;

    private static void shape(KeyVaultKey key, KeyType kind, Object what) {
        KeyProperties p = key.getProperties();
        same(key.getKeyType(), kind, "kty");
        same(key.getId(), URL + "/keys/" + key.getName() + "/" + p.getVersion(), "id");
        need(p.getVersion().matches("[0-9a-f]{32}"), p.getVersion());
        near(p.getCreatedOn());
        near(p.getUpdatedOn());
        need(p.isEnabled() && p.getRecoveryLevel().contains("Recoverable") && p.getRecoverableDays() >= 7, "attributes");
        if (what instanceof Integer)
            same(new BigInteger(1, key.getKey().getN()).bitLength(), what, "n");
        else
            same(key.getKey().getCurveName(), what, "crv");
        need(!key.getKey().hasPrivateKey() && key.getKey().getK() == null, "a private member is shown");
    }

    private static void creates(String what, KeyType kind, Object size, Callable<KeyVaultKey> make) {
        checks.put(what + " is created and got", () -> {
            KeyVaultKey key = make.call();
            shape(key, kind, size);
            KeyVaultKey got = client.getKey(key.getName());
            shape(got, kind, size);
            same(got.getId(), key.getId(), "id");
        });
    }

    static KeyVaultKey elliptic(KeyClient by, String name) {
        return by.createEcKey(new CreateEcKeyOptions(name(name)));
    }

    static KeyVaultKey oct(KeyClient by, String name, int bits) {
        return by.createOctKey(new CreateOctKeyOptions(name(name)).setKeySize(bits));
    }

    private static KeyPair pair(String kind, String curve) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(kind);
        if (curve == null)
            generator.initialize(2048);
        else
            generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair();
    }

    static Map<String, Body> all() throws Exception {
        client = keys("admin");
        creates("an RSA key", KeyType.RSA, 2048, () -> client.createRsaKey(new CreateRsaKeyOptions(name("rsa")).setKeySize(2048)));
        creates("an RSA-HSM key", KeyType.RSA_HSM, 2048, () -> client.createRsaKey(new CreateRsaKeyOptions(name("rsa-hsm")).setHardwareProtected(true)));
        creates("an EC key", KeyType.EC, KeyCurveName.P_256, () -> elliptic(client, "ec"));
        creates("an EC-HSM key", KeyType.EC_HSM, KeyCurveName.P_384,
            () -> client.createEcKey(new CreateEcKeyOptions(name("ec-hsm")).setHardwareProtected(true).setCurveName(KeyCurveName.P_384)));
        creates("P-521", KeyType.EC, KeyCurveName.P_521, () -> client.createEcKey(new CreateEcKeyOptions(name("p521")).setCurveName(KeyCurveName.P_521)));
        creates("P-256K", KeyType.EC, KeyCurveName.P_256K, () -> client.createEcKey(new CreateEcKeyOptions(name("p256k")).setCurveName(KeyCurveName.P_256K)));
        creates("an oct key", KeyType.OCT, null, () -> oct(client, "oct", 256));
        creates("an oct-HSM key", KeyType.OCT_HSM, null,
            () -> client.createOctKey(new CreateOctKeyOptions(name("oct-hsm")).setKeySize(128).setHardwareProtected(true)));

        checks.put("all that can be said of a key comes back", () -> {
            OffsetDateTime from = OffsetDateTime.parse("2023-01-02T00:00:00Z"), until = OffsetDateTime.parse("2033-01-02T00:00:00Z");
            client.createOctKey(new CreateOctKeyOptions(name("said")).setKeySize(192).setEnabled(false).setTags(Map.of("a", "1", "ü", "ß"))
                .setKeyOperations(KeyOperation.WRAP_KEY, KeyOperation.UNWRAP_KEY).setNotBefore(from).setExpiresOn(until));
            KeyVaultKey got = client.getKey(name("said"));
            same(got.getProperties().isEnabled(), false, "enabled");
            same(got.getProperties().getTags(), Map.of("a", "1", "ü", "ß"), "tags");
            same(got.getProperties().getNotBefore(), from, "nbf");
            same(got.getProperties().getExpiresOn(), until, "exp");
            same(new HashSet<>(got.getKeyOperations()), Set.of(KeyOperation.WRAP_KEY, KeyOperation.UNWRAP_KEY), "key_ops");
        });
        checks.put("keys are imported", () -> {
            KeyPair own = pair("RSA", null);
            KeyVaultKey got = client.importKey(name("import-rsa"), JsonWebKey.fromRsa(own));
            same(new BigInteger(1, got.getKey().getN()), ((RSAPublicKey) own.getPublic()).getModulus(), "n");
            own = pair("EC", "secp384r1");
            got = client.importKey(new ImportKeyOptions(name("import-ec"), JsonWebKey.fromEc(own, Security.getProvider("SunEC"))).setHardwareProtected(true));
            same(got.getKeyType(), KeyType.EC_HSM, "kty");
            same(new BigInteger(1, got.getKey().getX()), ((ECPublicKey) own.getPublic()).getW().getAffineX(), "x");
        });
        checks.put("each create makes a version", () -> {
            List<String> made = new ArrayList<>(), listed = new ArrayList<>();
            for (int i = 0; i < 3; i++)
                made.add(elliptic(client, "versions").getProperties().getVersion());
            client.listPropertiesOfKeyVersions(name("versions")).forEach(p -> listed.add(p.getVersion()));
            same(new HashSet<>(listed), new HashSet<>(made), "versions");
            same(client.getKey(name("versions")).getProperties().getVersion(), made.get(2), "the newest");
            same(client.getKey(name("versions"), made.get(0)).getProperties().getVersion(), made.get(0), "the oldest");
        });
        checks.put("properties change", () -> {
            KeyVaultKey key = elliptic(client, "update");
            KeyVaultKey changed = client.updateKeyProperties(key.getProperties().setEnabled(false).setTags(Map.of("now", "yes")), KeyOperation.SIGN);
            same(changed.getId(), key.getId(), "id");
            same(changed.getProperties().isEnabled(), false, "enabled");
            same(changed.getProperties().getTags(), Map.of("now", "yes"), "tags");
            same(changed.getKeyOperations(), List.of(KeyOperation.SIGN), "key_ops");
            changed = client.updateKeyProperties(changed.getProperties().setEnabled(true)); // says "key_ops": [], and means nothing by it
            same(changed.getKeyOperations(), List.of(KeyOperation.SIGN), "key_ops");
            same(changed.getProperties().getTags(), Map.of("now", "yes"), "tags");
        });
        checks.put("a key is rotated, as its policy says", () -> {
            KeyVaultKey first = elliptic(client, "rotate");
            KeyRotationPolicy set = client.updateKeyRotationPolicy(first.getName(), new KeyRotationPolicy().setExpiresIn("P90D")
                .setLifetimeActions(List.of(new KeyRotationLifetimeAction(KeyRotationPolicyAction.ROTATE).setTimeBeforeExpiry("P30D"))));
            same(set.getId(), URL + "/keys/" + first.getName() + "/rotationpolicy", "id");
            near(set.getUpdatedOn());
            same(client.getKeyRotationPolicy(first.getName()).getExpiresIn(), "P90D", "expiry");
            KeyVaultKey second = client.rotateKey(first.getName());
            need(!second.getId().equals(first.getId()), "the same version");
            near(second.getProperties().getExpiresOn().minusDays(90));
        });
        checks.put("a listing has several pages", () -> {
            List<String> names = numbered("list-", 30);
            for (int i = 0; i < names.size(); i++)
                oct(client, String.format("list-%02d", i), 128);
            same(paged(client.listPropertiesOfKeys(), KeyProperties::getName, "list-"), names, "names");
        });
        checks.put("a key is deleted, recovered, and purged", () -> {
            KeyVaultKey key = elliptic(client, "deleted");
            String n = key.getName();
            var deletion = client.beginDeleteKey(n);
            DeletedKey gone = deletion.poll().getValue();
            deletion.waitForCompletion();
            same(gone.getRecoveryId(), URL + "/deletedkeys/" + n, "recoveryId");
            near(gone.getDeletedOn());
            need(gone.getScheduledPurgeDate().isAfter(gone.getDeletedOn()), "scheduledPurgeDate");
            refused(ResourceNotFoundException.class, 404, "KeyNotFound", () -> client.getKey(n));
            refused(ResourceModifiedException.class, 409, "deleted but recoverable", () -> elliptic(client, "deleted"));
            same(client.getDeletedKey(n).getRecoveryId(), gone.getRecoveryId(), "recoveryId");
            need(client.listDeletedKeys().stream().anyMatch(k -> k.getName().equals(n)), "not in the list of deleted keys");
            client.beginRecoverDeletedKey(n).waitForCompletion();
            same(client.getKey(n).getId(), key.getId(), "recovered");
            client.beginDeleteKey(n).waitForCompletion();
            client.purgeDeletedKey(n);
            refused(ResourceNotFoundException.class, 404, "KeyNotFound", () -> client.getDeletedKey(n));
        });
        checks.put("a backup brings a purged key back", () -> {
            KeyVaultKey key = elliptic(client, "backup");
            byte[] backup = client.backupKey(key.getName());
            refused(ResourceModifiedException.class, 409, "Conflict", () -> client.restoreKeyBackup(backup));
            client.beginDeleteKey(key.getName()).waitForCompletion();
            client.purgeDeletedKey(key.getName());
            KeyVaultKey restored = client.restoreKeyBackup(backup);
            same(restored.getId(), key.getId(), "id");
            same(restored.getKey().getX(), key.getKey().getX(), "x");
            backup[backup.length / 2] ^= 1;
            refused(HttpResponseException.class, 400, "BadParameter", () -> client.restoreKeyBackup(backup));
        });
        checks.put("random bytes", () -> {
            same(client.getRandomBytes(16).length, 16, "bytes");
            refused(HttpResponseException.class, 400, "BadParameter", () -> client.getRandomBytes(129));
        });
        checks.put("what is wrong is refused in the SDK's exceptions", () -> {
            refused(ResourceNotFoundException.class, 404, "was not found in this key vault", () -> client.getKey(name("nothing")));
            refused(HttpResponseException.class, 400, "BadParameter",
                () -> client.createRsaKey(new CreateRsaKeyOptions(name("wrong")).setKeySize(1000)));
            refused(HttpResponseException.class, 400, "BadParameter", () -> client.createEcKey(new CreateEcKeyOptions("under_score")));
        });
        return checks;
    }
}
