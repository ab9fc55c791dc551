import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** The rules of the job for whoever runs on the JVM: rules.py in Java. Times are ms UTC. */
public final class Clocks {
    static final long HOUR = 3_600_000;
    static final Map<String, long[]> TARGETS = Map.of(
        "low", new long[] {24, 96}, "normal", new long[] {8, 48}, "high", new long[] {4, 24}, "urgent", new long[] {1, 8});

    private static final ObjectMapper JSON =
        new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);
    private static final ObjectReader READER = JSON.readerFor(Wire.class);
    private static final ObjectWriter WRITER = JSON.writerFor(Fact.class);

    private Clocks() {}

    /** A ticket event, as far as the rules look at it. */
    public static final class Event {
        public String ticket;
        public long at;
        public String priority;
        public String status;
        public String author;
    }

    /** What is said of a ticket. */
    public static final class Said {
        public String ticket;
        public String metric;
        public String type;
        public long at;

        public Said() {}

        Said(String ticket, String metric, String type, long at) {
            this.ticket = ticket;
            this.metric = metric;
            this.type = type;
            this.at = at;
        }
    }

    /** A ticket's two clocks; a deadline is 0 once its clock has ended. */
    public static final class State {
        public long first;
        public long total;
        public long paused;
        public boolean firstLate;
        public boolean totalLate;

        /** Breach what has passed its deadline; say whether anything had. */
        boolean expire(String ticket, long now, Consumer<Said> say) {
            if (paused != 0) return false;
            boolean firstNow = first != 0 && first < now && !firstLate;
            boolean totalNow = total != 0 && total < now && !totalLate;
            if (firstNow) {
                firstLate = true;
                say.accept(new Said(ticket, "first_response", "sla.breached", first));
            }
            if (totalNow) {
                totalLate = true;
                say.accept(new Said(ticket, "total_resolution", "sla.breached", total));
            }
            return firstNow || totalNow;
        }

        /** Give the deadlines that somebody must look at. */
        void due(LongConsumer wake) {
            if (first != 0 && !firstLate) wake.accept(first);
            if (total != 0 && !totalLate) wake.accept(total);
        }
    }

    /** Apply an event to a ticket's state, null where it is new; give the new state. */
    static State follow(State state, Event event, Consumer<Said> say, LongConsumer wake) {
        if (state == null) {
            long[] hours = TARGETS.get(event.priority);
            state = new State();
            state.first = event.at + hours[0] * HOUR;
            state.total = event.at + hours[1] * HOUR;
            state.due(wake);
            return state;
        }
        state.expire(event.ticket, event.at, say);
        boolean solved = "solved".equals(event.status);
        if (solved) {
            if (state.total != 0) say.accept(new Said(event.ticket, "total_resolution", "sla.fulfilled", event.at));
            state.first = state.total = 0;
        } else if ("agent".equals(event.author) && state.first != 0) {
            say.accept(new Said(event.ticket, "first_response", "sla.fulfilled", event.at));
            state.first = 0;
        } else if ("pending".equals(event.status)) {
            if (state.paused == 0) state.paused = event.at;
        } else if ("open".equals(event.status) && state.paused != 0) {
            long pause = event.at - state.paused;
            if (state.first != 0 && !state.firstLate) state.first += pause;
            if (state.total != 0 && !state.totalLate) state.total += pause;
            state.paused = 0;
            state.due(wake);
        }
        return state;
    }

    /** Read a ticket event from JSON. */
    static Event read(byte[] bytes) {
        try {
            Wire wire = READER.readValue(bytes);
            Event event = new Event();
            event.ticket = wire.subject;
            event.at = Instant.parse(wire.time).toEpochMilli();
            event.priority = wire.data.priority;
            event.status = wire.data.status;
            event.author = wire.data.author;
            return event;
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** Write what is said as JSON. */
    static byte[] write(Said said) {
        try {
            String time = Instant.ofEpochMilli(said.at).toString();
            return WRITER.writeValueAsBytes(new Fact(said.type, said.ticket, time, new Metric(said.metric)));
        } catch (JsonProcessingException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** A ticket event as it comes. */
    public static final class Wire {
        public String subject;
        public String time;
        public Data data;
    }

    /** What a ticket event says. */
    public static final class Data {
        public String priority;
        public String status;
        public String author;
    }

    record Fact(String type, String subject, String time, Metric data) {}

    record Metric(String metric) {}
}
