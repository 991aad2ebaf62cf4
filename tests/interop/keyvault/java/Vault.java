// What all checks share: a client of each kind, a credential that remembers what it was asked for, and
// refusals. From outside come the vault, whether its host name fits the challenge's resource, and tokens.

package keyvault;

import com.azure.core.credential.AccessToken;
import com.azure.core.credential.TokenCredential;
import com.azure.core.credential.TokenRequestContext;
import com.azure.core.exception.HttpResponseException;
import com.azure.core.http.policy.FixedDelayOptions;
import com.azure.core.http.policy.RetryOptions;
import com.azure.core.http.rest.PagedIterable;
import com.azure.core.http.rest.PagedResponse;
import com.azure.security.keyvault.keys.KeyClient;
import com.azure.security.keyvault.keys.KeyClientBuilder;
import com.azure.security.keyvault.keys.cryptography.CryptographyClient;
import com.azure.security.keyvault.keys.cryptography.CryptographyClientBuilder;
import com.azure.security.keyvault.secrets.SecretClient;
import com.azure.security.keyvault.secrets.SecretClientBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.*;
import java.util.concurrent.Callable;
import java.util.function.Function;
import reactor.core.publisher.Mono;

final class Vault {
    static final String URL = System.getenv("KEYVAULT_URL");
    static final boolean CHECKED = "on".equals(System.getenv("KEYVAULT_CHECK"));

    interface Body {
        void run() throws Exception;
    }

    // What the SDKs ask of a person's own class.
    static final class Credential implements TokenCredential {
        final String token;
        final List<TokenRequestContext> asked = new ArrayList<>();

        Credential(String token) {
            this.token = token;
        }

        @Override
        public Mono<AccessToken> getToken(TokenRequestContext request) {
            asked.add(request);
            return Mono.just(new AccessToken(token, OffsetDateTime.now().plusHours(1)));
        }
    }

    static Credential credential(String role) throws Exception {
        return new Credential(Files.readString(Path.of(System.getenv("KEYVAULT_TOKENS"), role)).trim());
    }

    static RetryOptions never() {
        return new RetryOptions(new FixedDelayOptions(0, Duration.ofMillis(1)));
    }

    static KeyClient keys(TokenCredential by, boolean check) {
        KeyClientBuilder b = new KeyClientBuilder().vaultUrl(URL).credential(by).retryOptions(never());
        return (check ? b : b.disableChallengeResourceVerification()).buildClient();
    }

    static KeyClient keys(String role) throws Exception {
        return keys(credential(role), CHECKED);
    }

    static SecretClient secrets(String role) throws Exception {
        SecretClientBuilder b = new SecretClientBuilder().vaultUrl(URL).credential(credential(role)).retryOptions(never());
        return (CHECKED ? b : b.disableChallengeResourceVerification()).buildClient();
    }

    // One that asks the vault for everything, or does itself what the public key is enough for.
    static CryptographyClient cryptography(String id, String role, boolean remote) throws Exception {
        CryptographyClientBuilder b = new CryptographyClientBuilder().keyIdentifier(id).credential(credential(role)).retryOptions(never());
        if (remote)
            b.disableKeyCaching();
        return (CHECKED ? b : b.disableChallengeResourceVerification()).buildClient();
    }

    static String name(String what) {
        return "java-" + what;
    }

    static void need(boolean holds, String what) {
        if (!holds)
            throw new AssertionError(what);
    }

    static void same(Object found, Object expected, String what) {
        need(Objects.deepEquals(found, expected), what + ": found " + found + ", expected " + expected);
    }

    // The SDK's exception of this kind, with the status, and words of the body.
    static void refused(Class<? extends HttpResponseException> kind, int status, String words, Callable<?> work) throws Exception {
        try {
            work.call();
        } catch (HttpResponseException e) {
            need(kind.isInstance(e), e.getClass() + ": " + e.getMessage());
            same(e.getResponse().getStatusCode(), status, e.getMessage());
            need(e.getMessage().contains(words), "without \"" + words + "\": " + e.getMessage());
            return;
        }
        throw new AssertionError("it was accepted");
    }

    static void near(OffsetDateTime instant) {
        need(Duration.between(instant, OffsetDateTime.now()).abs().toMinutes() < 2, instant + " is not about now");
    }

    // The names in the pages of a listing; no page is larger than the service says.
    static <T> List<String> paged(PagedIterable<T> listing, Function<T, String> of, String prefix) {
        List<String> found = new ArrayList<>();
        int pages = 0;
        for (PagedResponse<T> page : listing.iterableByPage()) {
            pages++;
            need(page.getValue().size() <= 25, "a page of " + page.getValue().size());
            page.getValue().stream().map(of).filter(n -> n.startsWith(name(prefix))).forEach(found::add);
        }
        need(pages >= 2, "there was one page");
        return found;
    }

    static List<String> numbered(String prefix, int count) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++)
            names.add(name(String.format("%s%02d", prefix, i)));
        return names;
    }
}
