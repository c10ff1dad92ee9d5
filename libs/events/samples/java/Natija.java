import java.io.ByteArrayOutputStream;
import java.util.*;
import org.bouncycastle.crypto.hpke.HPKE;
import org.bouncycastle.util.encoders.Base32;

/** Appeal numbers, sealing and the signed message, as CONTRACT.md describes them. */
class Natija extends Bytes {
    static final String SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    static final Map<String, int[]> PADDED = Map.of(
        "person", new int[] {512, 1024, 2048}, "content", new int[] {256, 1024, 4096, 16384, 65536, 131072});

    record ProposalKey(String wrapped, byte[] data) {} // a fresh one for every proposal

    static String number(String realm, long bits) { // bits: 64 random bits
        StringBuilder symbols = new StringBuilder();
        int check = 0;
        for (int place = 60; place >= 0; place -= 5) {
            int value = (int) (bits >>> place) & 31;
            symbols.append(SYMBOLS.charAt(value));
            check = (check ^ value) << 1;
            check = check > 31 ? check ^ 37 : check;
        }
        return realm.toUpperCase() + symbols.append(SYMBOLS.charAt(check)).toString().replaceAll("(.{1,4})", "-$1");
    }

    static ProposalKey proposalKey(String realm, String number, byte[] realmKey) throws Exception {
        byte[] session = random(32), secret = random(32);
        String id = keyId("x25519", realmKey);
        HPKE hpke = new HPKE(HPKE.mode_base, HPKE.kem_X25519_SHA256, HPKE.kdf_HKDF_SHA256, HPKE.aead_AES_GCM256);
        var sender = hpke.setupBaseS(hpke.deserializePublicKey(realmKey), list("natija-wrap-v1", realm.toUpperCase(), id));
        ByteArrayOutputStream encapsulation = new ByteArrayOutputStream();
        encapsulation.writeBytes(sender.getEncapsulation());
        encapsulation.writeBytes(sender.seal(new byte[0], session));
        String wrapped = String.join(".", id, text(encapsulation.toByteArray()), text(encrypt(session, secret, bytes(number))));
        return new ProposalKey(wrapped, derive(secret, "natija-fields-v1", realm.toUpperCase(), number));
    }

    /** The sealed value, as JSON. */
    static String seal(String realm, Map<String, String> event, ProposalKey key, String field, String json) throws Exception {
        int size = Arrays.stream(PADDED.get(field)).filter(one -> one >= bytes(json).length).findFirst().getAsInt();
        byte[] padded = Arrays.copyOf(bytes(json), size);
        Arrays.fill(padded, bytes(json).length, size, (byte) ' ');
        String source = event.get("source"), id = event.get("id");
        byte[] place = list("natija-value-v1", realm.toUpperCase(), event.get("subject"), source, id, event.get("type"), field);
        String kid = Base32.toBase32String(Arrays.copyOf(sha256("natija-kid-v1", key.data), 16)).replace("=", "");
        String ct = text(encrypt(derive(key.data, "natija-value-v1", source, id, field), padded, place));
        return "{\"kid\":\"gcm1:%s\",\"ct\":\"%s\"}".formatted(kid, ct);
    }

    static byte[] message(String realm, Map<String, String> event, byte[] data) throws Exception { // what is signed
        List<Object> fields = new ArrayList<>(List.of(realm.toUpperCase(), "1"));
        for (String name : "id source type subject time expectedsequence causationid correlationid".split(" "))
            fields.add(event.getOrDefault(name, ""));
        fields.add(sha256(data));
        return list("natija-proposal-v1\0", fields.toArray());
    }
}
