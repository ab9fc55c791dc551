import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.PriorityQueue;
import java.util.Properties;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The job in Kafka Streams: a processor, a store of tickets with its changelog, a punctuator on stream time.
 *
 * What falls due next is kept in a heap, built anew from the store when a task begins: quicker than a second store
 * in the order of deadlines, and nothing is lost by it. Settings are the defaults but for those named in main.
 */
public final class Job {
    record Due(long at, String ticket) {}

    static final class Sla implements Processor<String, Clocks.Event, String, Clocks.Said> {
        private final PriorityQueue<Due> heap = new PriorityQueue<>((a, b) -> Long.compare(a.at, b.at));
        private ProcessorContext<String, Clocks.Said> context;
        private KeyValueStore<String, Clocks.State> tickets;

        @Override
        public void init(ProcessorContext<String, Clocks.Said> given) {
            context = given;
            tickets = given.getStateStore("tickets");
            try (var all = tickets.all()) {
                all.forEachRemaining(row -> row.value.due(at -> heap.add(new Due(at, row.key))));
            }
            given.schedule(Duration.ofSeconds(1), PunctuationType.STREAM_TIME, this::fire);
        }

        @Override
        public void process(Record<String, Clocks.Event> it) {
            Clocks.Event event = it.value();
            tickets.put(event.ticket, Clocks.follow(
                tickets.get(event.ticket), event, said -> say(said, it.timestamp()), at -> heap.add(new Due(at, event.ticket))));
        }

        private void fire(long now) {
            while (!heap.isEmpty() && heap.peek().at < now) {
                String ticket = heap.poll().ticket;
                Clocks.State state = tickets.get(ticket);
                if (state.expire(ticket, now, said -> say(said, now))) tickets.put(ticket, state);
            }
        }

        private void say(Clocks.Said said, long at) {
            context.forward(new Record<>(said.ticket, said, at));
        }
    }

    static Serde<Clocks.State> states() {
        Serializer<Clocks.State> write = (topic, state) -> state == null ? null : ByteBuffer.allocate(26)
            .putLong(state.first).putLong(state.total).putLong(state.paused)
            .put((byte) (state.firstLate ? 1 : 0)).put((byte) (state.totalLate ? 1 : 0)).array();
        Deserializer<Clocks.State> read = (topic, bytes) -> {
            if (bytes == null) return null;
            ByteBuffer from = ByteBuffer.wrap(bytes);
            Clocks.State state = new Clocks.State();
            state.first = from.getLong();
            state.total = from.getLong();
            state.paused = from.getLong();
            state.firstLate = from.get() == 1;
            state.totalLate = from.get() == 1;
            return state;
        };
        return Serdes.serdeFrom(write, read);
    }

    static Topology topology(String source, String sink, KeyValueBytesStoreSupplier store) {
        TimestampExtractor time = (record, partition) -> ((Clocks.Event) record.value()).at;
        Deserializer<Clocks.Event> events = (topic, bytes) -> Clocks.read(bytes);
        Serializer<Clocks.Said> facts = (topic, said) -> Clocks.write(said);
        Topology topology = new Topology();
        topology.addSource(
            AutoOffsetReset.earliest(), "tickets-in", time, Serdes.String().deserializer(), events, source);
        topology.addProcessor("sla", Sla::new, "tickets-in");
        topology.addStateStore(Stores.keyValueStoreBuilder(store, Serdes.String(), states()).withCachingEnabled(), "sla");
        topology.addSink("sla-out", sink, Serdes.String().serializer(), facts, "sla");
        return topology;
    }

    public static void main(String[] args) {
        var environment = System.getenv();
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, environment.get("APP_ID"));
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, environment.get("BROKER"));
        settings.put(StreamsConfig.STATE_DIR_CONFIG, environment.get("STATE_DIR"));
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, environment.get("GUARANTEE"));
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, environment.get("THREADS"));
        var store = environment.get("STORE").equals("memory")
            ? Stores.inMemoryKeyValueStore("tickets") : Stores.persistentKeyValueStore("tickets");
        KafkaStreams streams =
            new KafkaStreams(topology(environment.get("IN_TOPIC"), environment.get("OUT_TOPIC"), store), settings);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
            return StreamThreadExceptionResponse.SHUTDOWN_APPLICATION;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }
}
