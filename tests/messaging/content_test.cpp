#include "messaging/model/content.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "crypto/stream.h"
#include "messaging/model/events.h"
#include "messaging/model/file_part.h"
#include "tests/messaging/sample_group.h"
#include "tests/support/catch.h"

namespace {

using namespace messaging;

Uuid uuid(std::uint8_t fill) {
  Uuid out;
  out.fill(fill);
  return out;
}

Card sample_card() {
  Card card;
  std::array<std::uint8_t, 32> seed{};
  seed.fill(7);
  card.identity = crypto::Identity::from_seed(seed).public_key();
  card.addr = "alice@factory";
  card.name = "Alice";
  card.status = "on the floor";
  card.urls = {"http://127.0.0.1:7200", "https://edge.example"};
  card.mailbox = "0123456789abcdef";
  card.token.bytes.fill(9);
  card.tag.fill(3);
  return card;
}

Content sample_text() {
  TextMessage text;
  text.seq = 12;
  text.sent_at = 1'800'000'000'000;
  text.type = Viewtype::file;
  text.bot = true;
  text.text = "grüße";
  text.sender_name = "press 4";
  text.quote = QuoteNote{"quoted", MessageRef{uuid(5), true}};
  FileNote file;
  file.name = "report.csv";
  file.media_type = "text/csv";
  file.size = 70'000;
  file.sealed_size = crypto::sealed_size(70'000);
  file.transfer = uuid(6);
  text.file = file;
  return {uuid(1), text};
}

Content sample_receipts() {
  Receipts receipts;
  receipts.notes = {{store::ReceiptKind::arrived, {uuid(2), true}, 1},
                    {store::ReceiptKind::read, {uuid(3), true}, 2}};
  return {uuid(4), receipts};
}

GroupState sample_group() { return test::sample_group(sample_card().identity.bytes()); }

Content sample_group_text() {
  GroupText text;
  text.group = uuid(9);
  text.digest = sample_group().digest();
  text.message = std::get<TextMessage>(sample_text().body);
  text.message.quote->message->author = sample_card().identity.bytes();
  return {uuid(1), text};
}

Content sample_group_update() {
  GroupUpdate update;
  update.group = uuid(9);
  update.state = sample_group();
  update.image = std::get<TextMessage>(sample_text().body).file;
  return {uuid(2), update};
}

Content sample_change() {
  return {uuid(3), MessageChange{MessageRef{uuid(5), true, sample_card().identity.bytes()},
                                 ChangeKind::reaction, 7, "👍 🔥"}};
}

bool reads(base::ByteView bytes) { return decode_content(bytes).ok(); }

}  // namespace

TEST_CASE("a text message with quote and file comes back as it was written") {
  const auto content = decode_content(encode(sample_text()));
  REQUIRE(content.ok());
  const auto& text = std::get<TextMessage>(content->body);
  CHECK(content->uuid == uuid(1));
  CHECK(text.seq == 12);
  CHECK(text.type == Viewtype::file);
  CHECK(text.bot);
  CHECK(text.text == "grüße");
  CHECK(text.sender_name == "press 4");
  REQUIRE(text.quote);
  CHECK(text.quote->text == "quoted");
  REQUIRE(text.quote->message);
  CHECK(text.quote->message->uuid == uuid(5));
  CHECK(text.quote->message->of_recipient);
  CHECK_FALSE(text.quote->message->author);
  REQUIRE(text.file);
  CHECK(text.file->name == "report.csv");
  CHECK(text.file->size == 70'000);
  CHECK(text.file->transfer == uuid(6));
}

TEST_CASE("receipts and a Hello come back as they were written") {
  const auto content = decode_content(encode(sample_receipts()));
  REQUIRE(content.ok());
  const auto& notes = std::get<Receipts>(content->body).notes;
  REQUIRE(notes.size() == 2);
  CHECK(notes[1].kind == store::ReceiptKind::read);
  CHECK(notes[1].message.uuid == uuid(3));
  CHECK(notes[1].message.of_recipient);
  const auto hello = decode_content(encode(Content{uuid(8), Hello{}}));
  REQUIRE(hello.ok());
  CHECK(std::holds_alternative<Hello>(hello->body));
}

TEST_CASE("what goes to a group comes back as it was written") {
  const auto text = decode_content(encode(sample_group_text()));
  REQUIRE(text.ok());
  const auto& group_text = std::get<GroupText>(text->body);
  CHECK(group_text.group == uuid(9));
  CHECK(group_text.digest == sample_group().digest());
  CHECK(group_text.message.text == "grüße");
  REQUIRE(group_text.message.quote->message);
  CHECK(group_text.message.quote->message->author == sample_card().identity.bytes());
  const auto update = decode_content(encode(sample_group_update()));
  REQUIRE(update.ok());
  CHECK(std::get<GroupUpdate>(update->body).state == sample_group());
  CHECK(std::get<GroupUpdate>(update->body).image->transfer == uuid(6));
}

TEST_CASE("a change of a message comes back as it was written, within its bounds") {
  const auto read = decode_content(encode(sample_change()));
  REQUIRE(read.ok());
  const auto& change = std::get<MessageChange>(read->body);
  CHECK(change.message.uuid == uuid(5));
  CHECK(change.message.of_recipient);
  CHECK(change.message.author == sample_card().identity.bytes());
  CHECK(change.kind == ChangeKind::reaction);
  CHECK(change.number == 7);
  CHECK(change.text == "👍 🔥");
  Content bad = sample_change();
  std::get<MessageChange>(bad.body).number = 0;
  CHECK_FALSE(reads(encode(bad)));
  bad = sample_change();
  std::get<MessageChange>(bad.body).text = std::string(kMaxReactionBytes + 1, 'x');
  CHECK_FALSE(reads(encode(bad)));
  std::get<MessageChange>(bad.body).kind = ChangeKind::edit;
  CHECK(reads(encode(bad)));
  CHECK(split_reactions("👍  🔥 👍 a\nb \u202e") == std::vector<std::string>{"👍", "🔥"});
}

TEST_CASE("every truncation of a content is refused") {
  for (const Content& content : {sample_text(), sample_receipts(), Content{uuid(1), Hello{}},
                                 sample_group_text(), sample_group_update(), sample_change()}) {
    const auto bytes = encode(content);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CHECK_FALSE(reads(base::ByteView(bytes).first(size)));
    }
  }
}

TEST_CASE("a content of a later version is distinguished, and later fields are passed over") {
  auto bytes = encode(sample_text());
  bytes.push_back(42);
  CHECK(reads(bytes));
  bytes[0] = 2;
  CHECK_FALSE(reads(bytes));
  auto unknown = encode(Content{uuid(1), Hello{}});
  unknown[1] = 200;
  const auto read = decode_content(unknown);
  REQUIRE(read.ok());
  CHECK(std::holds_alternative<UnknownContent>(read->body));
}

TEST_CASE("a file whose sizes do not belong together is refused") {
  Content content = sample_text();
  std::get<TextMessage>(content.body).file->size = 69'999;
  CHECK_FALSE(reads(encode(content)));
}

TEST_CASE("the cards of a handshake come back, and a key that is none is refused") {
  const auto request = decode_join_request(encode(JoinRequest{"number", sample_card()}));
  REQUIRE(request.ok());
  CHECK(request->invite_number == "number");
  CHECK(request->card.identity == sample_card().identity);
  CHECK(request->card.urls == sample_card().urls);
  Card bad = sample_card();
  bad.identity = crypto::PublicKey();  // all zero: of low order
  CHECK_FALSE(decode_join_request(encode(JoinRequest{"number", bad})).ok());
  for (const Generation generation : {std::uint64_t{0}, ~std::uint64_t{0}}) {
    CHECK_FALSE(decode_join_answer(encode(JoinAnswer{{}, sample_card(), generation})).ok());
  }
  bad = sample_card();
  bad.urls.clear();
  CHECK_FALSE(decode_join_request(encode(JoinRequest{"number", bad})).ok());
}

TEST_CASE("what a session handshake carries comes back, cut at any length it is refused") {
  const base::Bytes request = encode(SessionRequest{sample_card(), {7, uuid(3)}, 5});
  const auto read = decode_session_request(request);
  REQUIRE(read.ok());
  CHECK(read->generation == 5);
  CHECK(read->last_received.seq == 7);
  CHECK(read->last_received.uuid == uuid(3));
  CHECK(read->card.mailbox == sample_card().mailbox);
  const base::Bytes answer = encode(SessionAnswer{{}, sample_card(), {}});
  CHECK(decode_session_answer(answer).ok());
  for (std::size_t size = 0; size < request.size(); ++size) {
    REQUIRE_FALSE(decode_session_request(base::ByteView(request).first(size)).ok());
  }
  for (std::size_t size = 0; size < answer.size(); ++size) {
    REQUIRE_FALSE(decode_session_answer(base::ByteView(answer).first(size)).ok());
  }
}

TEST_CASE("a part of a file must fit its place") {
  const std::uint64_t size = crypto::sealed_size(2 * kFilePart);
  const base::Bytes full(kFilePart, 1);
  CHECK(part_count(size) == 3);
  CHECK(decode_part(encode(FilePart{uuid(1), 0, size, full})).ok());
  CHECK_FALSE(decode_part(encode(FilePart{uuid(1), 2, size, full})).ok());  // the last is shorter
  CHECK_FALSE(decode_part(encode(FilePart{uuid(1), 3, size, full})).ok());
  CHECK_FALSE(decode_part(encode(FilePart{uuid(1), 0, 5, base::ByteView(full).first(5)})).ok());
}

TEST_CASE("a deposit has 1 to 256 envelopes whose lengths are true") {
  CHECK_FALSE(split_body({}).ok());
  CHECK(split_body(join_body(std::vector<base::Bytes>(256, base::Bytes(1, 1))))->size() == 256);
  CHECK_FALSE(split_body(join_body(std::vector<base::Bytes>(257, base::Bytes(1, 1)))).ok());
  base::Bytes body = join_body({base::Bytes(9, 1)});
  body.pop_back();
  CHECK_FALSE(split_body(body).ok());
}

// EDGE_CORPUS=tests/fuzz/corpus messaging_tests "[corpus]" writes the fuzzer's first inputs anew.
TEST_CASE("the corpus of content_fuzz is written from samples", "[.][corpus]") {
  const char* folder = std::getenv("EDGE_CORPUS");
  REQUIRE(folder != nullptr);
  const auto write = [&](const char* name, std::uint8_t reader, base::ByteView bytes) {
    std::ofstream out(std::filesystem::path(folder) / "content_fuzz" / name, std::ios::binary);
    out.put(static_cast<char>(reader));
    out << base::as_text(bytes);
  };
  write("text", 0, encode(sample_text()));
  write("receipts", 0, encode(sample_receipts()));
  write("hello", 0, encode(Content{uuid(1), Hello{}}));
  write("group_text", 0, encode(sample_group_text()));
  write("group_update", 0, encode(sample_group_update()));
  write("request", 1, encode(JoinRequest{"number", sample_card()}));
  write("answer", 2, encode(JoinAnswer{{}, sample_card()}));
  write("part", 3, encode(FilePart{uuid(1), 0, crypto::sealed_size(3), base::Bytes(39, 1)}));
  write("deposit", 4, join_body({base::Bytes(5, 1), base::Bytes(9, 2)}));
  base::Bytes event{0, 30};
  const base::Bytes body = encode_event(EventBody(Info{"hello"}));
  event.insert(event.end(), body.begin(), body.end());
  write("event", 5, event);
  write("session-request", 6, encode(SessionRequest{sample_card(), {7, uuid(3)}}));
  write("session-answer", 7, encode(SessionAnswer{{}, sample_card(), {}}));

  // Two states after the length of the first one.
  const auto write_group = [&](const char* name, const GroupState& a, const GroupState& b) {
    const base::Bytes first = encode(a);
    std::ofstream out(std::filesystem::path(folder) / "group_fuzz" / name, std::ios::binary);
    out.put(static_cast<char>(first.size() >> 8)).put(static_cast<char>(first.size() & 0xff));
    out << base::as_text(first) << base::as_text(encode(b));
  };
  GroupState other = sample_group();
  other.name.value = "Shift 3";
  other.members.begin()->second.present = false;
  other.members.begin()->second.card = {};
  write_group("two", sample_group(), other);
  write_group("question", sample_group(), GroupState{});
}
