import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.serialization.AbstractDeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * The job in Flink, in one process: keyed state on the heap, timers by event time, a checkpoint a second to disk.
 *
 * Objects are reused (nothing keeps them); other settings are the defaults but for those named in main.
 */
public final class Job {
    static final class Sla extends KeyedProcessFunction<String, Clocks.Event, Clocks.Said> {
        private transient ValueState<Clocks.State> clocks;

        @Override
        public void open(OpenContext context) {
            clocks = getRuntimeContext().getState(new ValueStateDescriptor<>("clocks", Clocks.State.class));
        }

        @Override
        public void processElement(Clocks.Event event, Context context, Collector<Clocks.Said> out) throws Exception {
            var timers = context.timerService();
            clocks.update(Clocks.follow(clocks.value(), event, out::collect, timers::registerEventTimeTimer));
        }

        @Override
        public void onTimer(long at, OnTimerContext context, Collector<Clocks.Said> out) throws Exception {
            Clocks.State state = clocks.value();
            if (state.expire(context.getCurrentKey(), at + 1, out::collect)) clocks.update(state);
        }
    }

    static final class Reader extends AbstractDeserializationSchema<Clocks.Event> {
        @Override
        public Clocks.Event deserialize(byte[] bytes) {
            return Clocks.read(bytes);
        }
    }

    static final class Key implements SerializationSchema<Clocks.Said> {
        @Override
        public byte[] serialize(Clocks.Said said) {
            return said.ticket.getBytes(StandardCharsets.UTF_8);
        }
    }

    static final class Value implements SerializationSchema<Clocks.Said> {
        @Override
        public byte[] serialize(Clocks.Said said) {
            return Clocks.write(said);
        }
    }

    public static void main(String[] args) throws Exception {
        var given = System.getenv();
        String broker = given.get("BROKER");
        Configuration settings = new Configuration();
        settings.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, Path.of(given.get("STATE_DIR")).toUri().toString());
        settings.set(PipelineOptions.GENERIC_TYPES, false); // Kryo would be slow: let it be an error.
        var flink = StreamExecutionEnvironment.createLocalEnvironment(Integer.parseInt(given.get("THREADS")), settings);
        flink.enableCheckpointing(1000);
        flink.getConfig().enableObjectReuse();
        var source = KafkaSource.<Clocks.Event>builder()
            .setBootstrapServers(broker)
            .setTopics(given.get("IN_TOPIC"))
            .setGroupId(given.get("APP_ID"))
            .setStartingOffsets(OffsetsInitializer.earliest())
            .setValueOnlyDeserializer(new Reader())
            .build();
        var sink = KafkaSink.<Clocks.Said>builder()
            .setBootstrapServers(broker)
            .setDeliveryGuarantee(DeliveryGuarantee.valueOf(given.get("GUARANTEE")))
            .setTransactionalIdPrefix(given.get("APP_ID"))
            .setProperty("transaction.timeout.ms", "600000") // Flink's hour is more than a broker allows.
            .setRecordSerializer(KafkaRecordSerializationSchema.<Clocks.Said>builder()
                .setTopic(given.get("OUT_TOPIC")).setKeySerializationSchema(new Key()).setValueSerializationSchema(new Value()).build())
            .build();
        var inOrder = WatermarkStrategy.<Clocks.Event>forMonotonousTimestamps().withTimestampAssigner((event, at) -> event.at);
        flink.fromSource(source, inOrder, "tickets").keyBy(event -> event.ticket).process(new Sla()).sinkTo(sink);
        flink.execute("sla");
    }
}
