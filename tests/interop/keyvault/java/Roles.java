package keyvault;

import static keyvault.Vault.*;

import com.azure.core.credential.TokenRequestContext;
import com.azure.core.exception.ClientAuthenticationException;
import com.azure.core.exception.HttpResponseException;
import com.azure.security.keyvault.keys.KeyClient;
import com.azure.security.keyvault.keys.cryptography.CryptographyClient;
import com.azure.security.keyvault.keys.cryptography.models.SignatureAlgorithm;
import com.azure.security.keyvault.keys.models.KeyVaultKey;
import java.util.*;

final class Roles {
    private static void refusedFor(String words, java.util.concurrent.Callable<?> work) throws Exception {
        refused(HttpResponseException.class, 403, words, work);
    }

    private static Object sign(KeyVaultKey key, String role) throws Exception {
        return cryptography(key.getId(), role, true).sign(SignatureAlgorithm.ES256, new byte[32]);
    }

    static Map<String, Body> all() throws Exception {
        Map<String, Body> checks = new LinkedHashMap<>();
        // The first of all in its process: what one client has taken from a challenge, all others believe.
        checks.put("the SDK's check of the challenge's resource", () -> {
            try {
                Keys.elliptic(keys(credential("admin"), true), "resource");
                need(CHECKED, "it was accepted");
            } catch (RuntimeException e) {
                need(!CHECKED && e.getMessage().contains("does not match the requested domain"), e.toString());
            }
        });
        checks.put("the credential is asked for what the challenge says", () -> {
            Credential asked = credential("admin");
            Keys.elliptic(keys(asked, CHECKED), "scope");
            TokenRequestContext first = asked.asked.get(0);
            same(first.getScopes(), List.of(System.getenv("KEYVAULT_SCOPE")), "scope");
            same(first.getTenantId(), System.getenv("KEYVAULT_TENANT"), "tenant");
        });
        checks.put("a wrong token", () -> refused(ClientAuthenticationException.class, 401, "Unauthorized",
            () -> keys(new Credential("wrong"), CHECKED).getKey(name("scope"))));
        checks.put("a user uses keys and manages none", () -> {
            KeyVaultKey key = Keys.elliptic(keys("admin"), "roles");
            sign(key, "user");
            KeyClient by = keys("user");
            refusedFor("officer", () -> Keys.elliptic(by, "roles"));
            refusedFor("officer", () -> by.rotateKey(key.getName()));
            refusedFor("officer", () -> by.backupKey(key.getName()));
            refusedFor("officer", () -> by.beginDeleteKey(key.getName()).poll());
            refusedFor("officer", () -> by.updateKeyProperties(key.getProperties().setEnabled(false)));
            refusedFor("officer", () -> secrets("user").setSecret(name("roles"), "x"));
        });
        checks.put("an officer manages keys and uses none", () -> {
            refusedFor("user", () -> sign(Keys.elliptic(keys("officer"), "roles-officer"), "officer"));
            secrets("officer").setSecret(name("roles-officer"), "x");
            refusedFor("user", () -> secrets("officer").getSecret(name("roles-officer")));
            same(secrets("user").getSecret(name("roles-officer")).getValue(), "x", "value");
        });
        checks.put("an auditor reads lists, and no more", () -> {
            KeyVaultKey key = Keys.elliptic(keys("admin"), "roles-auditor");
            keys("auditor").getKey(key.getName());
            need(keys("auditor").listPropertiesOfKeys().iterator().hasNext(), "an empty list");
            refusedFor("", () -> sign(key, "auditor"));
            refusedFor("", () -> Keys.elliptic(keys("auditor"), "roles-auditor"));
            refusedFor("", () -> secrets("auditor").getSecret(name("roles-officer")));
        });
        return checks;
    }
}
