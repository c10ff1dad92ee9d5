import java.nio.ByteBuffer;
import java.nio.file.*;
import java.time.*;
import java.time.format.DateTimeFormatter;
import java.util.*;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.*;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.bouncycastle.crypto.util.PrivateKeyFactory;

/** Registers one appeal, sealed and signed, and prints its outcome. ../README.md says how to run it. */
class Publish {
    static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    public static void main(String[] args) throws Exception {
        Map<String, String> env = System.getenv();
        for (String name : List.of("KAFKA", "REALM", "SOURCE", "KEY_FILE", "REALM_PUBLIC_KEY"))
            if (!env.containsKey(name)) throw new IllegalStateException("the variable " + name + " is not set");
        String realm = env.get("REALM"), now = TIME.format(Instant.now()), type = "appeal.registered.v1";
        String number = Natija.number(realm, ByteBuffer.wrap(Natija.random(8)).getLong());
        Map<String, String> event = new LinkedHashMap<>(Map.of(
            "specversion", "1.0", "id", UUID.randomUUID().toString(), "source", env.get("SOURCE"), "type", type,
            "subject", number, "time", now, "dataschema", "urn:natija:" + type));

        var key = Natija.proposalKey(realm, number, Base64.getUrlDecoder().decode(env.get("REALM_PUBLIC_KEY")));
        byte[] data = Natija.bytes("""
            {"kind":"application","form":"electronic","channel":"electronic","received":"%s","jurisdiction":"KG","person":%s,"content":%s}"""
            .formatted(now,
                Natija.seal(realm, event, key, "person", "{\"name\":\"Асанова Айгүл\",\"phone\":\"+996555010203\"}"),
                Natija.seal(realm, event, key, "content", "{\"text\":\"Көпүрө бузулган.\"}")));

        String pem = Files.readString(Path.of(env.get("KEY_FILE"))).replaceAll("-----.*-----|\\s", "");
        var signingKey = (Ed25519PrivateKeyParameters) PrivateKeyFactory.createKey(Base64.getDecoder().decode(pem));
        event.put("wrappedkey", key.wrapped());
        event.put("publisherkey", Natija.keyId("ed25519", signingKey.generatePublicKey().getEncoded()));
        event.put("signature", Natija.text(sign(signingKey, Natija.message(realm, event, data))));

        var record = new ProducerRecord<>(realm + ".appeals.inbox", Natija.bytes(number), data);
        record.headers().add("content-type", Natija.bytes("application/json"));
        event.forEach((name, value) -> record.headers().add("ce_" + name, Natija.bytes(value)));
        Map<String, Object> options = Map.of("bootstrap.servers", env.get("KAFKA"), "acks", "all");
        var bytes = new ByteArraySerializer();
        try (var producer = new KafkaProducer<>(options, bytes, bytes)) {
            producer.send(record).get();
        }
        String outcome = outcome(env, event.get("id"));
        System.out.println(number + " " + outcome);
        System.exit(outcome.contains("\"registered\"") ? 0 : 1);
    }

    static String outcome(Map<String, String> env, String id) { // the record on the publisher's own topic
        String realm = env.get("REALM"), publisher = env.get("SOURCE").substring(1).replace("/", ".");
        Map<String, Object> options = Map.of("bootstrap.servers", env.get("KAFKA"), "auto.offset.reset", "earliest",
            "group.id", realm + ".publisher." + publisher + "." + id); // a program that goes on has one group
        try (var consumer = new KafkaConsumer<>(options, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(realm + ".outcomes." + publisher));
            for (int second = 0; second < 60; second++)
                for (var record : consumer.poll(Duration.ofSeconds(1)))
                    if (record.value().contains(id)) return record.value();
        }
        throw new IllegalStateException("no outcome within 60 s: are KAFKA and SOURCE right?");
    }

    static byte[] sign(Ed25519PrivateKeyParameters key, byte[] message) {
        Ed25519Signer signer = new Ed25519Signer();
        signer.init(true, key);
        signer.update(message, 0, message.length);
        return signer.generateSignature();
    }
}
