package keyvault;

import static keyvault.Vault.*;

import com.azure.core.exception.HttpResponseException;
import com.azure.core.exception.ResourceModifiedException;
import com.azure.core.exception.ResourceNotFoundException;
import com.azure.security.keyvault.secrets.SecretClient;
import com.azure.security.keyvault.secrets.models.*;
import java.time.OffsetDateTime;
import java.util.*;

final class Values {
    static Map<String, Body> all() throws Exception {
        Map<String, Body> checks = new LinkedHashMap<>();
        SecretClient client = secrets("admin");
        checks.put("a secret is set and got", () -> {
            OffsetDateTime until = OffsetDateTime.parse("2033-01-02T00:00:00Z");
            for (String value : List.of("correct horse", "x".repeat(25600), "Grüße 🌍\n\"'\\", "")) {
                KeyVaultSecret said = new KeyVaultSecret(name("set"), value);
                said.getProperties().setContentType("text/plain").setTags(Map.of("a", "b")).setExpiresOn(until);
                KeyVaultSecret set = client.setSecret(said), got = client.getSecret(name("set"));
                same(set.getId(), URL + "/secrets/" + name("set") + "/" + set.getProperties().getVersion(), "id");
                same(got.getId(), set.getId(), "id");
                same(got.getValue(), value, "value");
                same(got.getProperties().getContentType(), "text/plain", "contentType");
                same(got.getProperties().getTags(), Map.of("a", "b"), "tags");
                same(got.getProperties().getExpiresOn(), until, "exp");
                near(got.getProperties().getCreatedOn());
            }
        });
        checks.put("each set makes a version", () -> {
            KeyVaultSecret first = client.setSecret(name("versions"), "one"), second = client.setSecret(name("versions"), "two");
            same(client.getSecret(name("versions")).getValue(), "two", "the newest");
            same(client.getSecret(name("versions"), first.getProperties().getVersion()).getValue(), "one", "the oldest");
            Set<String> listed = new HashSet<>();
            client.listPropertiesOfSecretVersions(name("versions")).forEach(p -> listed.add(p.getId()));
            same(listed, Set.of(first.getId(), second.getId()), "versions");
        });
        checks.put("properties change", () -> {
            SecretProperties p = client.setSecret(name("update"), "value").getProperties();
            same(client.updateSecretProperties(p.setContentType("application/json")).getContentType(), "application/json", "contentType");
            client.updateSecretProperties(p.setEnabled(false));
            refused(HttpResponseException.class, 403, "not allowed on a disabled secret", () -> client.getSecret(name("update")));
            client.updateSecretProperties(p.setEnabled(true));
            same(client.getSecret(name("update")).getValue(), "value", "value");
        });
        checks.put("a listing has several pages", () -> {
            List<String> names = numbered("list-", 27);
            names.forEach(n -> client.setSecret(n, n));
            same(paged(client.listPropertiesOfSecrets(), SecretProperties::getName, "list-"), names, "names");
        });
        checks.put("a secret is deleted, recovered, and purged", () -> {
            String n = name("deleted");
            KeyVaultSecret set = client.setSecret(n, "still here");
            var deletion = client.beginDeleteSecret(n);
            DeletedSecret gone = deletion.poll().getValue();
            deletion.waitForCompletion();
            same(gone.getRecoveryId(), URL + "/deletedsecrets/" + n, "recoveryId");
            near(gone.getDeletedOn());
            refused(ResourceNotFoundException.class, 404, "SecretNotFound", () -> client.getSecret(n));
            refused(ResourceModifiedException.class, 409, "deleted but recoverable", () -> client.setSecret(n, "other"));
            need(client.listDeletedSecrets().stream().anyMatch(s -> s.getName().equals(n)), "not in the list of deleted secrets");
            client.beginRecoverDeletedSecret(n).waitForCompletion();
            same(client.getSecret(n).getId(), set.getId(), "recovered");
            client.beginDeleteSecret(n).waitForCompletion();
            client.purgeDeletedSecret(n);
            refused(ResourceNotFoundException.class, 404, "SecretNotFound", () -> client.getDeletedSecret(n));
        });
        checks.put("a backup brings a purged secret back", () -> {
            String n = name("backup");
            KeyVaultSecret set = client.setSecret(n, "one");
            byte[] backup = client.backupSecret(n);
            refused(ResourceModifiedException.class, 409, "Conflict", () -> client.restoreSecretBackup(backup));
            client.beginDeleteSecret(n).waitForCompletion();
            client.purgeDeletedSecret(n);
            same(client.restoreSecretBackup(backup).getId(), set.getId(), "id");
            same(client.getSecret(n).getValue(), "one", "value");
        });
        checks.put("what is wrong is refused in the SDK's exceptions", () -> {
            refused(ResourceNotFoundException.class, 404, "was not found in this key vault", () -> client.getSecret(name("nothing")));
            refused(HttpResponseException.class, 400, "BadParameter", () -> client.setSecret(name("large"), "x".repeat(25601)));
        });
        return checks;
    }
}
