import java.util.*;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.util.PrivateKeyFactory;

/** Answers each line of the standard input, by the sample client: a number of an appeal, or a signature. */
class Vectors {
    public static void main(String[] args) throws Exception {
        Scanner lines = new Scanner(System.in, "UTF-8");
        while (lines.hasNextLine()) {
            String[] values = lines.nextLine().split("\t", -1);
            String realm = values[1];
            if (values[0].equals("number")) System.out.println(Natija.number(realm, Long.parseUnsignedLong(values[2], 16)));
            if (values[0].equals("signature")) {
                String pem = new String(Base64.getDecoder().decode(values[2])).replaceAll("-----.*-----|\\s", "");
                var key = (Ed25519PrivateKeyParameters) PrivateKeyFactory.createKey(Base64.getDecoder().decode(pem));
                Map<String, String> event = new HashMap<>();
                String[] names = "id source type subject time expectedsequence causationid correlationid".split(" ");
                for (int place = 0; place < names.length; place++) event.put(names[place], values[4 + place]);
                byte[] message = Natija.message(realm, event, Base64.getDecoder().decode(values[3]));
                System.out.println(Natija.text(Publish.sign(key, message)));
            }
        }
    }
}
