//! Words of log messages by their part: which words a name follows (`user`, `from`), which words are
//! never a name (`not`, `failed`), units of numbers. A table built at compile time.
//! Must not know how a message is read.

/// A word that a name follows: `user alice`, `topic orders`.
pub(super) const CUE: u16 = 1;
/// A word that a name may follow: `from alice`.
pub(super) const PREPOSITION: u16 = 2;
/// A word that is never a name, not even behind a cue: `user not found`, `user agent`.
pub(super) const GRAMMAR: u16 = 4;
/// A common noun: a name behind a cue (`topic orders`), a word elsewhere (`for orders`).
pub(super) const NOUN: u16 = 8;
/// A word that hosts and services are called by: `redis:6379` is an address, `rows:6379` is not.
pub(super) const HOST: u16 = 16;
/// A unit behind a number.
pub(super) const UNIT: u16 = 32;
/// A day or month beside numbers.
pub(super) const DATE: u16 = 64;
/// A word that is a value in itself: `null`.
pub(super) const VALUE: u16 = 128;
/// A name that ends like a verb or an adverb: `billing`, `nightly`.
pub(super) const NAME: u16 = 256;
/// `by`, `for` and their like: a person or program follows, so that `for git` is a name.
pub(super) const AGENT: u16 = 512;
/// `to`: a name follows a word that sends (`connected to`), a verb the others (`failed to`).
pub(super) const TO: u16 = 1024;
/// A word that sends or moves something to a place.
pub(super) const SENDS: u16 = 2048;
/// How files and units end: `.jar`, `.service`.
pub(super) const EXTENSION: u16 = 4096;

/// The words, in lower case, by flags. A word may stand in several lists.
const LISTS: [(u16, &str); 16] = [
    (
        CUE | NOUN,
        "user username account login host hostname server node pod container service deployment namespace \
         topic queue exchange table column relation database schema role group consumer producer channel \
         room job task worker thread program command module plugin bean class function directory device \
         interface bucket collection tenant cluster region zone volume secret configmap variable property \
         parameter field endpoint broker partition shard replica tag branch label domain driver package library \
         extension attribute option flag setting principal owner author subscriber publisher member \
         peer leader follower profile project organization team repository artifact workflow pipeline step rule \
         index constraint trigger sequence tablespace keyspace upstream backend locale source recipient \
         subject statefulset daemonset cronjob ingress daemon master slave item article category brand merchant \
         vendor supplier warehouse store city country customer campaign product sku network feature \
         coupon voucher promotion call calling invoking \
         template application app resource webhook lock agent rider \
         passenger courier employee seller buyer",
    ),
    (
        CUE | GRAMMAR,
        "named called id name type file image key method process session client environment event code model",
    ),
    (
        PREPOSITION | GRAMMAR,
        "from in on at with via into onto against between through without within under per using",
    ),
    (PREPOSITION | AGENT | GRAMMAR, "by for of as"),
    (PREPOSITION | TO | GRAMMAR, "to"),
    (
        SENDS,
        "assigned subscribed shipped sent sends sending connected connecting connects published publishing bound \
         written added moved moving forwarded switched switching delivered changed set granted redirected \
         belongs joined attached routed migrated deployed pushed uploaded copied renamed replied assign connect \
         deliver forward belonging bind reconnecting reconnected send logged from",
    ),
    (
        EXTENSION,
        "java js ts py go rs rb php cs kt scala html htm css json yaml yml xml toml ini conf cfg properties txt \
         log csv tsv md jar war zip gz tar tgz png jpg jpeg gif svg pdf sql sh bat exe dll so class parquet avro \
         orc proto lock pid sock key pem crt cer jks tmp bak dat db idx index service socket timer mount slice \
         scope target",
    ),
    (
        GRAMMAR,
        "a an the this that these those it its they them their we our you your he she his her i my me is are was \
         were be been being am do does did done has have had having will would shall should can could may might \
         must cannot not no nor and or but if then else than so because while when where which who whom whose \
         what how why there here all any some each every both either neither none other another same such own \
         only also just still yet already again ever never always now soon later before after since until till \
         once more most less least many much few several enough very too quite almost about around nearly out \
         up down off over back forward away across along during except instead rather however therefore \
         get got gets set put run ran runs start starts stop stops begin began begun end ends fail fails find \
         found finds make made makes take took taken takes give gave given gives send sent sends receive read \
         reads write wrote written writes open opens close closes shut lost lose kept keep left leave held hold \
         holds built build bound bind hit miss met meet won broke broken threw thrown throw throws catch caught \
         went gone go goes come came become became becomes see saw seen know knew known think say said says let \
         seem need needs want wants wait waits try tries retry retries use uses exit exits abort aborts cause \
         log logs load loads change changes connect reconnect disconnect return returns request requests \
         respond exceed exceeds expect expects require requires support supports allow allows deny denies \
         accept refuse reject rejects drop drops add adds remove removes delete update create check checks \
         skip ignore match matches mismatch differ contain contains exist exists remain remains join joins \
         new old unknown invalid valid empty full missing available unavailable ready unready healthy \
         unhealthy active inactive idle busy dead alive slow fast high low large small big long short early \
         late last first next previous current total maximum minimum max min average more free used unused \
         own foreign local remote global internal external public private shared unique duplicate different \
         wrong bad good ok okay correct incorrect same similar single multiple double partial complete \
         incomplete successful unsuccessful successfully stale fresh dirty clean safe unsafe secure anonymous \
         temporary permanent static dynamic manual automatic optional required mandatory sync async online \
         offline closed down alone present absent due able unable like null zero one two three four five ten \
         half whole own yes please sorry timed ended added freed moved tried died using modify view fatal critical info warn warning debug notice",
    ),
    (
        // second halves of compounds: `user agent`, `thread pool`
        GRAMMAR | NOUN,
        "pool agent descriptor loop count size list manager runtime header headers response connection \
         connections error errors failure timeout status state data path system authentication authorization \
         permission permissions access limit quota value offset length version info information details handler \
         listener context config configuration policy operation creation deletion registration lookup query \
         scan pull mount startup shutdown restart reload lock leak dump usage memory cpu disk network space \
         depth lag time hook metadata transport socket port address credentials token certificate password \
         identity signature checksum format number range mode level priority class-loader input \
         output stream buffer queue-depth capacity threshold interval rate ratio latency throughput budget \
         exception stack trace reason result conflict violation transition termination allocation election \
         replication rebalance snapshot checkpoint compaction garbage heap starvation deadlock",
    ),
    (
        NOUN,
        "application app apps attempt action activity alert amount array balance batch block body byte \
         cache call check child parent chunk claim component content cookie copy core crash \
         cycle date day hour minute second week month year default delay delta demand detail development \
         document download upload edge element entity entry expression feature fetch fragment frame front \
         gateway graph hash health history home instance instruction integer iteration json \
         kernel kind layer lease letter library line link loss machine mail map mapping mask master message \
         migration minute model monitor monitoring object observer pair page pattern payload period \
         permit phase ping plan platform point position power prefix suffix print probe problem production \
         progress prompt protocol provider proxy purpose push random reader record recovery reference refresh \
         registry release report resource retrieval review root-cause route router row sample schedule \
         scheduler scope screen script section segment self sender receiver sensor set signal site slot \
         snapshot stage standby statement step stock stop storage string structure subscription \
         summary switch symbol target template term text title top transaction transfer \
         translation tree type unit url uri use validation vector vertex voltage warning watcher web window \
         word work world write writer xml yaml zip background foreground stdin stdout stderr disk bean \
         success interrupt startup user-agent email people person \
         something anything nothing everything everyone someone detection processing compression peers \
         hand way side part place case fact turn view help advance favor favour addition general particular \
         future past present detail end start beginning middle bottom left right",
    ),
    (
        HOST | NOUN,
        "redis kafka mysql mariadb postgres postgresql mongo mongodb rabbitmq activemq pulsar elasticsearch \
         opensearch memcached nginx apache tomcat jetty envoy haproxy traefik consul vault etcd zookeeper \
         cassandra clickhouse minio oracle sqlserver sqlite prometheus grafana loki jaeger kubernetes docker \
         containerd kubelet apiserver eureka nacos sentinel hadoop yarn spark flink hive hbase amqp ldap smtp \
         imap dns tcp udp http https tls ssl ssh ftp grpc git github gitlab jenkins java python node php ruby \
         golang linux windows hibernate hikari netty spring django flask celery",
    ),
    (
        HOST,
        "server cache gateway backend api queue master broker proxy web app worker auth database host store",
    ),
    (
        UNIT,
        "b kb mb gb tb kib mib gib tib k m g bytes byte bits bit kbit mbit ms msec msecs millis millisecond \
         milliseconds us usec micros microseconds ns nanos nanoseconds s sec secs second seconds min mins minute \
         minutes h hr hrs hour hours d day days week weeks percent pct mbps kbps gbps bps hz khz mhz ghz rpm c \
         am pm utc gmt cet cest pst pdt est edt jst ist z eur usd gbp cny jpy rmb",
    ),
    (
        DATE,
        "mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday jan feb mar apr \
         may jun jul aug sep sept oct nov dec january february march april june july august september october \
         november december",
    ),
    (VALUE, "null nil none true false naN nULL tRUE fALSE"),
    (
        NAME,
        "billing shipping pricing monitoring staging marketing accounting reporting booking ranking nightly hourly daily weekly",
    ),
];

/// Slots of the hash table; a power of two, a few times the number of words.
const SLOTS: usize = 4096;
/// Words that fit in the table.
const MOST: usize = 2048;

/// A word: its first eight bytes, where it begins in which list, its length, its flags.
#[derive(Clone, Copy)]
struct Entry {
    key: u64,
    list: u8,
    length: u8,
    start: u16,
    flags: u16,
}

/// The entries, and for each slot the number of its entry plus one; 0 is an empty slot.
struct Table {
    entries: [Entry; MOST],
    slots: [u16; SLOTS],
}

static TABLE: Table = table();

/// Packs the first eight bytes of a word.
const fn key_of(word: &[u8], start: usize, length: usize) -> u64 {
    let (mut key, mut at) = (0, 0);
    while at < length && at < 8 {
        key |= (word[start + at] as u64) << (8 * at);
        at += 1;
    }
    key
}

const fn slot_of(key: u64, length: usize) -> usize {
    let mixed = (key ^ (length as u64).wrapping_mul(0x1f35)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 52) as usize % SLOTS
}

const fn is_same(a: &[u8], a_start: usize, b: &[u8], b_start: usize, length: usize) -> bool {
    let mut at = 0;
    while at < length {
        if a[a_start + at] != b[b_start + at] {
            return false;
        }
        at += 1;
    }
    true
}

impl Table {
    /// Adds a word, or flags to a word that is there.
    const fn add(&mut self, count: usize, word: Entry) -> usize {
        let text = LISTS[word.list as usize].1.as_bytes();
        let mut slot = slot_of(word.key, word.length as usize);
        while self.slots[slot] != 0 {
            let at = self.slots[slot] as usize - 1;
            let other = self.entries[at];
            let other_text = LISTS[other.list as usize].1.as_bytes();
            if other.length == word.length
                && is_same(other_text, other.start as usize, text, word.start as usize, word.length as usize)
            {
                self.entries[at].flags |= word.flags;
                return count;
            }
            slot = (slot + 1) % SLOTS;
        }
        self.entries[count] = word;
        self.slots[slot] = count as u16 + 1;
        count + 1
    }
}

const fn table() -> Table {
    let empty = Entry { key: 0, list: 0, length: 0, start: 0, flags: 0 };
    let mut table = Table { entries: [empty; MOST], slots: [0; SLOTS] };
    let (mut list, mut count) = (0, 0);
    while list < LISTS.len() {
        let text = LISTS[list].1.as_bytes();
        let mut start = 0;
        while start < text.len() {
            let mut end = start;
            while end < text.len() && text[end] != b' ' {
                end += 1;
            }
            let length = end - start;
            if length > 0 {
                let key = key_of(text, start, length);
                let flags = LISTS[list].0;
                let entry = Entry { key, list: list as u8, length: length as u8, start: start as u16, flags };
                count = table.add(count, entry);
            }
            start = end + 1;
        }
        list += 1;
    }
    table
}

/// Returns the flags of a word in lower case, its first letter in either; 0 if it is in no list.
pub(super) fn flags_of(word: &[u8]) -> u16 {
    flags_in(word, 0, word.len())
}

/// Returns [`flags_of`] the word from `start` to `end` of a text.
pub(super) fn flags_in(text: &[u8], start: usize, end: usize) -> u16 {
    let length = end - start;
    if length == 0 {
        return 0;
    }
    let key = match text.get(start..start + 8).map(<[u8; 8]>::try_from) {
        Some(Ok(eight)) => u64::from_le_bytes(eight) & (u64::MAX >> (8 * 8usize.saturating_sub(length))),
        _ => key_of(text, start, length),
    };
    let key = key | 0x20; // the first letter in lower case
    let mut slot = slot_of(key, length);
    loop {
        let number = TABLE.slots[slot] as usize;
        if number == 0 {
            return 0;
        }
        let entry = &TABLE.entries[number - 1];
        if entry.key == key && entry.length as usize == length {
            let listed = LISTS[entry.list as usize].1.as_bytes();
            let rest = entry.start as usize + 8..entry.start as usize + length;
            if length <= 8 || listed[rest] == text[start + 8..end] {
                return entry.flags;
            }
        }
        slot = (slot + 1) % SLOTS;
    }
}

/// Returns true if a word ends like a participle or an adverb, which name nothing: `started`, `quickly`.
pub(super) fn is_verb_form(word: &[u8]) -> bool {
    word.len() >= 6 && (word.ends_with(b"ed") || word.ends_with(b"ing"))
        || word.len() >= 5 && (word.ends_with(b"ly") || word.ends_with(b"able") || word.ends_with(b"ible"))
}

/// Returns true if a word is the plural of a listed one.
pub(super) fn is_known_plural(word: &[u8]) -> bool {
    [&b"s"[..], b"es"].iter().any(|end| word.strip_suffix(*end).is_some_and(|word| flags_of(word) != 0))
}

/// Returns true if a piece with a slash is two words: `read/write`, `I/O`; not `shop/cart`.
pub(super) fn is_pair_of_words(piece: &[u8]) -> bool {
    let mut parts = piece.split(|byte| *byte == b'/');
    parts.all(|part| {
        part.len() < 2
            || part.iter().any(u8::is_ascii_uppercase)
            || flags_of(part) & !NAME != 0
            || flags_of(part) & NAME == 0 && is_verb_form(part)
            || is_known_plural(part)
    })
}

/// Returns true if a piece with dashes is a word of English, not a name: `read-only`, not `user-service`.
pub(super) fn is_compound(piece: &[u8]) -> bool {
    const PREFIXES: [&[u8]; 5] = [b"re", b"non", b"pre", b"un", b"sub"];
    let mut has_grammar = false;
    for part in piece.split(|byte| *byte == b'-') {
        let flags = flags_of(part);
        let is_grammar =
            flags & (GRAMMAR | NOUN | CUE) == GRAMMAR || is_verb_form(part) || PREFIXES.contains(&part);
        if flags == 0 && !is_grammar {
            return false;
        }
        has_grammar |= is_grammar;
    }
    has_grammar
}
