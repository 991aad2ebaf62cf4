// com.azure:azure-security-attestation, unmodified, against our service: Check.java GROUP...
// What comes from outside: the endpoint, the trust store (javax.net.ssl.trustStore), a credential.

import com.azure.core.credential.AccessToken;
import com.azure.core.credential.TokenCredential;
import com.azure.core.exception.HttpResponseException;
import com.azure.core.http.policy.FixedDelayOptions;
import com.azure.core.http.policy.RetryOptions;
import com.azure.core.util.BinaryData;
import com.azure.core.util.Context;
import com.azure.security.attestation.*;
import com.azure.security.attestation.models.*;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.*;
import java.util.*;
import java.util.concurrent.Callable;
import reactor.core.publisher.Mono;

public class Check {
    static final String URL = System.getenv("AZURE_URL");
    static final String ISOLATED = System.getenv("AZURE_ISOLATED_URL");
    static final String DENYING = "version= 1.0;authorizationrules{=> deny();};issuancerules{};";

    static final AttestationClient guest = guestOf(URL);
    static final AttestationAdministrationClient admin = administrator(URL, System.getenv("AZURE_TOKEN"));
    static final AttestationAdministrationClient isolated =
        administrator(ISOLATED, System.getenv("AZURE_ISOLATED_TOKEN"));

    interface Body {
        void run() throws Exception;
    }

    static byte[] file(String name) throws Exception {
        return Files.readAllBytes(Path.of(System.getenv("AZURE_EVIDENCE"), name));
    }

    static BinaryData data(String name) throws Exception {
        return BinaryData.fromBytes(file(name));
    }

    static X509Certificate certificate(String name) throws Exception {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(file(name + ".crt")));
    }

    static AttestationSigningKey signer(String name) throws Exception {
        String pem = new String(file(name + ".key")).replaceAll("-----[^-]*-----|\\s", "");
        PrivateKey key = KeyFactory.getInstance("RSA")
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
        return new AttestationSigningKey(certificate(name), key);
    }

    static TokenCredential credential(String token) {
        return request -> Mono.just(new AccessToken(token, OffsetDateTime.now().plusHours(1)));
    }

    static RetryOptions never() {
        return new RetryOptions(new FixedDelayOptions(0, Duration.ofMillis(1)));
    }

    // What the SDK calls validation is on for every call, the issuer's name included.
    static AttestationTokenValidationOptions validating(String issuer) {
        return new AttestationTokenValidationOptions().setValidateToken(true).setExpectedIssuer(issuer);
    }

    static AttestationClient guestOf(String url) {
        return new AttestationClientBuilder().endpoint(url).retryOptions(never())
            .tokenValidationOptions(validating(url)).buildClient();
    }

    static AttestationAdministrationClient administrator(String url, String token) {
        return new AttestationAdministrationClientBuilder().endpoint(url).retryOptions(never())
            .credential(credential(token)).tokenValidationOptions(validating(url)).buildClient();
    }

    static void same(Object found, Object expected) {
        if (!Objects.deepEquals(found, expected))
            throw new AssertionError(found + " instead of " + expected);
    }

    static void need(boolean good, String what) {
        if (!good)
            throw new AssertionError(what);
    }

    static void refused(Body call, String code, String words) throws Exception {
        try {
            call.run();
        } catch (HttpResponseException e) {
            String said = e.getMessage();
            same(e.getResponse().getStatusCode(), code.equals("Unauthorized") ? 401 : 400);
            need(said.contains(code), code + " is not in: " + said);
            need(said.contains(words), words + " is not in: " + said);
            return;
        }
        throw new AssertionError("it was accepted");
    }

    static byte[] sha256(byte[] data) throws Exception {
        return MessageDigest.getInstance("SHA-256").digest(data);
    }

    static String issuing(String value) {
        return "version= 1.0;authorizationrules{=> permit();};issuancerules{=> issue(type=\"made-by\", value=\""
            + value + "\");};";
    }

    static AttestationOptions held(String evidence, String name, AttestationDataInterpretation how)
        throws Exception {
        return new AttestationOptions(data(evidence)).setRunTimeData(new AttestationData(data(name), how));
    }

    static Object madeBy(AttestationClient of) throws Exception {
        return ((Map<?, ?>) of.attestSgxEnclave(data("binary.quote")).getPolicyClaims()).get("made-by");
    }

    // As the SDK's samples check it: the hash of the token that was sent, and who had signed it.
    static void set(AttestationAdministrationClient client, AttestationType type, String policy,
        AttestationSigningKey by) throws Exception {
        AttestationPolicySetOptions options = new AttestationPolicySetOptions().setAttestationPolicy(policy);
        if (by != null)
            options.setAttestationSigner(by);
        PolicyResult result = client.setAttestationPolicy(type, options);
        same(result.getPolicyResolution(), PolicyModification.UPDATED);
        same(result.getPolicyTokenHash().toBytes(), client.calculatePolicyTokenHash(policy, by).toBytes());
        if (by == null)
            need(result.getPolicySigner() == null, "a signer of an unsigned policy");
        else
            same(result.getPolicySigner().getCertificates().get(0), by.getCertificate());
        same(client.getAttestationPolicy(type), policy);
    }

    static void reset(AttestationAdministrationClient client, AttestationType type, AttestationSigningKey by) {
        AttestationPolicySetOptions options = new AttestationPolicySetOptions();
        if (by != null)
            options.setAttestationSigner(by);
        same(client.resetAttestationPolicy(type, options).getPolicyResolution(), PolicyModification.REMOVED);
    }

    static final Map<String, Map<String, Body>> groups = new LinkedHashMap<>();

    static void check(String group, String name, Body body) {
        groups.computeIfAbsent(group, g -> new LinkedHashMap<>()).put(name, body);
    }

    static void attest() {
        check("attest", "the metadata name the issuer", () -> {
            AttestationOpenIdMetadata metadata = guest.getOpenIdMetadata();
            same(metadata.getIssuer(), URL);
            same(metadata.getJsonWebKeySetUrl(), URL + "/certs");
        });
        check("attest", "the signers have certificates", () -> {
            List<AttestationSigner> signers = guest.listAttestationSigners().getAttestationSigners();
            need(!signers.isEmpty(), "no signers");
            for (AttestationSigner s : signers) {
                need(s.getKeyId() != null, "no key id");
                same(s.getCertificates().size(), 1);
            }
        });
        check("attest", "SGX without runtime data", () -> {
            AttestationResult result = guest.attestSgxEnclave(data("binary.quote"));
            same(result.getIssuer(), URL);
            same(result.getMrSigner(), "51".repeat(32));
            same(result.getProductId(), 1234);
            same(result.getSvn(), 2);
            same(result.isDebuggable(), false);
            same(result.getVerifierType(), "sgx");
            need(result.getRuntimeClaims() == null, "runtime claims out of nothing");
        });
        check("attest", "SGX with binary runtime data", () -> {
            AttestationResult result =
                guest.attestSgxEnclave(held("binary.quote", "binary", AttestationDataInterpretation.BINARY));
            same(result.getEnclaveHeldData().toBytes(), file("binary"));
        });
        check("attest", "SGX with JSON runtime data", () -> {
            AttestationResult result =
                guest.attestSgxEnclave(held("json.quote", "json", AttestationDataInterpretation.JSON));
            same(result.getRuntimeClaims(), Map.of("user", "data", "list", List.of(1, 2)));
        });
        check("attest", "Open Enclave with binary runtime data", () -> {
            AttestationResult result =
                guest.attestOpenEnclave(held("binary.report", "binary", AttestationDataInterpretation.BINARY));
            same(result.getEnclaveHeldData().toBytes(), file("binary"));
            same(result.getMrEnclave(), "e1".repeat(32));
        });
        check("attest", "Open Enclave with JSON runtime data", () -> {
            AttestationResult result =
                guest.attestOpenEnclave(held("json.report", "json", AttestationDataInterpretation.JSON));
            same(result.getRuntimeClaims(), Map.of("user", "data", "list", List.of(1, 2)));
        });
        check("attest", "the client refuses another issuer", () -> {
            try {
                guest.attestSgxEnclave(new AttestationOptions(data("binary.quote"))
                    .setValidationOptions(validating("https://elsewhere")));
            } catch (RuntimeException e) {
                need(e.getMessage().contains("issuer"), e.getMessage());
                return;
            }
            throw new AssertionError("it was accepted");
        });
        check("attest", "a changed quote is refused",
            () -> refused(() -> guest.attestSgxEnclave(data("changed.quote")), "InvalidParameter", "quote"));
        check("attest", "other runtime data are refused",
            () -> refused(() -> guest.attestSgxEnclave(
                held("binary.quote", "json", AttestationDataInterpretation.BINARY)), "InvalidParameter", "runtime_data"));
    }

    static void draft() {
        check("draft", "a draft policy gives an unsigned token", () -> {
            AttestationResponse<AttestationResult> response = guest.attestSgxEnclaveWithResponse(
                new AttestationOptions(data("binary.quote")).setDraftPolicyForAttestation(issuing("a draft")),
                Context.NONE);
            same(response.getToken().getAlgorithm(), "none");
            same(((Map<?, ?>) response.getValue().getPolicyClaims()).get("made-by"), "a draft");
        });
        check("draft", "a draft policy that denies",
            () -> refused(() -> guest.attestOpenEnclave(
                new AttestationOptions(data("binary.report")).setDraftPolicyForAttestation(DENYING)),
                "PolicyEvaluationError", "A Deny claim was issued, authorization failed"));
        check("draft", "a draft policy that does not parse",
            () -> refused(() -> guest.attestSgxEnclave(
                new AttestationOptions(data("binary.quote")).setDraftPolicyForAttestation("version= 1.0; no")),
                "PolicyParsingError", "65526"));
    }

    static void policies() {
        check("policies", "the default policy",
            () -> need(admin.getAttestationPolicy(AttestationType.SGX_ENCLAVE).contains("permit"), "no permit"));
        check("policies", "a policy is set, judges, and is reset", () -> {
            set(admin, AttestationType.SGX_ENCLAVE, issuing("hand"), null);
            same(madeBy(guest), "hand");
            reset(admin, AttestationType.SGX_ENCLAVE, null);
            same(madeBy(guest), null);
        });
        check("policies", "a signed policy names its signer", () -> {
            set(admin, AttestationType.OPEN_ENCLAVE, issuing("signer"), signer("signer"));
            AttestationResult result = guest.attestOpenEnclave(data("binary.report"));
            same(result.getPolicySigner().getCertificates().get(0), certificate("signer"));
            reset(admin, AttestationType.OPEN_ENCLAVE, signer("signer"));
        });
        check("policies", "a policy that denies", () -> {
            set(admin, AttestationType.SGX_ENCLAVE, DENYING, null);
            refused(() -> madeBy(guest), "PolicyEvaluationError", "A Deny claim was issued, authorization failed");
            reset(admin, AttestationType.SGX_ENCLAVE, null);
        });
        check("policies", "a policy that does not parse",
            () -> refused(() -> admin.setAttestationPolicy(AttestationType.SGX_ENCLAVE,
                "version= 1.0;authorizationrules{=> permit()"), "PolicyParsingError", "65526"));
        check("policies", "there are no certificates",
            () -> same(admin.listPolicyManagementCertificates().getAttestationSigners().size(), 0));
        check("policies", "none can be added",
            () -> refused(() -> admin.addPolicyManagementCertificate(
                new PolicyManagementCertificateOptions(certificate("second"), signer("signer"))),
                "InvalidOperation", "disallowed"));
        check("policies", "a wrong credential",
            () -> refused(() -> administrator(URL, "wrong")
                .setAttestationPolicy(AttestationType.SGX_ENCLAVE, DENYING), "Unauthorized", ""));
        check("policies", "the token of another tenant",
            () -> refused(() -> administrator(ISOLATED, System.getenv("AZURE_TOKEN"))
                .getAttestationPolicy(AttestationType.SGX_ENCLAVE), "Unauthorized", ""));
    }

    static List<AttestationSigner> listed() {
        return isolated.listPolicyManagementCertificates().getAttestationSigners();
    }

    static void changed(PolicyCertificatesModificationResult result, CertificateModification how)
        throws Exception {
        byte[] sha1 = MessageDigest.getInstance("SHA-1").digest(certificate("second").getEncoded());
        same(result.getCertificateResolution(), how);
        same(result.getCertificateThumbprint(), HexFormat.of().withUpperCase().formatHex(sha1));
    }

    static void isolated() {
        check("isolated", "the signers are listed", () -> {
            same(listed().size(), 1);
            same(listed().get(0).getCertificates().get(0), certificate("signer"));
        });
        check("isolated", "an unsigned policy is refused",
            () -> refused(() -> isolated.setAttestationPolicy(AttestationType.SGX_ENCLAVE, issuing("hand")),
                "InvalidOperation", "nsigned"));
        check("isolated", "a stranger's policy is refused",
            () -> refused(() -> set(isolated, AttestationType.SGX_ENCLAVE, issuing("stranger"), signer("stranger")),
                "InvalidParameter", "unable to find issuer certificate"));
        check("isolated", "an unsigned reset is refused",
            () -> refused(() -> isolated.resetAttestationPolicy(AttestationType.SGX_ENCLAVE),
                "InvalidOperation", "nsigned"));
        check("isolated", "a trusted signer's policy", () -> {
            set(isolated, AttestationType.SGX_ENCLAVE, issuing("signer"), signer("signer"));
            same(madeBy(guestOf(ISOLATED)), "signer");
            reset(isolated, AttestationType.SGX_ENCLAVE, signer("signer"));
        });
        check("isolated", "a certificate is added, signs, and is removed", () -> {
            PolicyManagementCertificateOptions second =
                new PolicyManagementCertificateOptions(certificate("second"), signer("signer"));
            changed(isolated.addPolicyManagementCertificate(second), CertificateModification.IS_PRESENT);
            changed(isolated.addPolicyManagementCertificate(second), CertificateModification.IS_PRESENT);
            same(listed().size(), 2);
            set(isolated, AttestationType.OPEN_ENCLAVE, issuing("second"), signer("second"));
            reset(isolated, AttestationType.OPEN_ENCLAVE, signer("second"));
            changed(isolated.deletePolicyManagementCertificate(second), CertificateModification.IS_ABSENT);
            refused(() -> set(isolated, AttestationType.OPEN_ENCLAVE, issuing("second"), signer("second")),
                "InvalidParameter", "unable to find issuer certificate");
            same(listed().size(), 1);
        });
    }

    static void tpm() {
        check("tpm", "TPM evidence is refused in so many words", () -> {
            AttestationClient client = new AttestationClientBuilder().endpoint(URL).retryOptions(never())
                .credential(credential(System.getenv("AZURE_TOKEN"))).buildClient();
            try {
                client.attestTpm("{\"payload\":{\"type\":\"aikcert\"}}");
            } catch (HttpResponseException e) {
                need(e.getMessage().contains("Tpm"), e.getMessage());
                return;
            }
            throw new AssertionError("it was accepted");
        });
    }

    public static void main(String[] args) {
        int passed = 0, failed = 0;
        attest();
        draft();
        policies();
        isolated();
        tpm();
        for (String group : args)
            for (Map.Entry<String, Body> check : groups.get(group).entrySet()) {
                try {
                    check.getValue().run();
                    System.out.println("ok azure java: " + check.getKey());
                    passed++;
                } catch (Throwable e) { // whatever the SDK throws is a failure, told in its words
                    System.out.println("FAILED azure java: " + check.getKey() + ": " + e);
                    failed++;
                }
            }
        System.out.println(passed + " passed, " + failed + " failed, 0 skipped");
        System.exit(failed > 0 ? 1 : 0);
    }
}
