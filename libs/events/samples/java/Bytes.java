import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.*;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.*;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.generators.HKDFBytesGenerator;
import org.bouncycastle.crypto.params.HKDFParameters;

/** Encryption, key derivation and the bytes of lists, as CONTRACT.md describes them. */
class Bytes {
    static byte[] encrypt(byte[] key, byte[] plain, byte[] bound) throws Exception { // nonce, ciphertext, tag
        byte[] nonce = random(12);
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, nonce));
        cipher.updateAAD(bound);
        byte[] sealed = cipher.doFinal(plain);
        return ByteBuffer.allocate(12 + sealed.length).put(nonce).put(sealed).array();
    }

    static byte[] derive(byte[] key, String purpose, Object... texts) {
        HKDFBytesGenerator hkdf = new HKDFBytesGenerator(new SHA256Digest());
        hkdf.init(new HKDFParameters(key, null, list(purpose, texts)));
        byte[] out = new byte[32];
        hkdf.generateBytes(out, 0, 32);
        return out;
    }

    static byte[] list(String start, Object... items) { // every item has its length before it
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(bytes(start));
        for (Object item : items) {
            out.writeBytes(ByteBuffer.allocate(4).putInt(bytes(item).length).array());
            out.writeBytes(bytes(item));
        }
        return out.toByteArray();
    }

    static byte[] sha256(Object... parts) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (Object part : parts) digest.update(bytes(part));
        return digest.digest();
    }

    static String keyId(String kind, byte[] key) throws Exception { return kind + ":" + text(sha256(key)).substring(0, 22); }
    static String text(byte[] raw) { return Base64.getUrlEncoder().withoutPadding().encodeToString(raw); }
    static byte[] bytes(Object part) { return part instanceof byte[] raw ? raw : part.toString().getBytes(UTF_8); }
    static byte[] random(int length) { byte[] raw = new byte[length]; new SecureRandom().nextBytes(raw); return raw; }
}
