// Published vectors for every primitive that the room uses.
#include <sodium.h>

#include <atomic>
#include <set>
#include <thread>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/identity.h"
#include "crypto/init.h"
#include "crypto/random.h"
#include "tests/crypto/support.h"
#include "tests/support/catch.h"

using base::as_bytes;
using base::Bytes;
using crypto_test::hex;
using crypto_test::same;

TEST_CASE("init may be called by several threads and again") {
  std::vector<std::jthread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      if (crypto::init().ok()) ++good;
    });
  }
  threads.clear();
  CHECK(good == 4);
  CHECK(crypto::init().ok());
}

TEST_CASE("random values do not repeat") {
  std::set<std::uint64_t> numbers;
  std::set<std::array<std::uint8_t, 16>> arrays;
  for (int i = 0; i < 1000; ++i) {
    numbers.insert(crypto::random_u64());
    arrays.insert(crypto::random_array<16>());
  }
  CHECK(numbers.size() == 1000);
  CHECK(arrays.size() == 1000);
}

TEST_CASE("BLAKE2b gives the published hashes") {
  // RFC 7693, appendix A.
  CHECK(same(crypto::blake2b<64>(as_bytes("abc")),
             hex("ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                 "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923")));
  CHECK(same(crypto::blake2b<32>(as_bytes("abc")),
             hex("bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319")));
  CHECK(same(crypto::blake2b<16>(as_bytes("abc")), hex("cf4ab791c62b8d2b2109c90275287816")));
  // The first entries of the BLAKE2 project's keyed test vectors.
  Bytes key(64);
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  CHECK(same(crypto::blake2b<64>({}, key),
             hex("10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786"
                 "b5e996e8f0f4eb981fc214b005f42d2ff4233499391653df7aefcbc13fc51568")));
  CHECK_THROWS(crypto::blake2b<32>({}, Bytes(65)));
}

TEST_CASE("BLAKE2b piece by piece is BLAKE2b at once") {
  const Bytes data(1000, 7);
  crypto::Blake2b256 hasher;
  hasher.update(base::ByteView(data).first(1)).update({}).update(base::ByteView(data).subspan(1));
  CHECK(hasher.finish() == crypto::blake2b<32>(data));
}

TEST_CASE("SHA-256 gives the published hash") {
  CHECK(same(crypto::sha256(as_bytes("abc")),
             hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")));
  CHECK(same(crypto::sha256({}),
             hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")));
}

TEST_CASE("HMAC-SHA-256 gives the results of RFC 4231") {
  CHECK(same(crypto::hmac_sha256(Bytes(20, 0x0b), as_bytes("Hi There")),
             hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")));
  CHECK(same(crypto::hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?")),
             hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")));
  CHECK(same(crypto::hmac_sha256(Bytes(20, 0xaa), Bytes(50, 0xdd)),
             hex("773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe")));
  CHECK(same(crypto::hmac_sha256(hex("0102030405060708090a0b0c0d0e0f10111213141516171819"),
                                 Bytes(50, 0xcd)),
             hex("82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b")));
  CHECK(
      same(crypto::hmac_sha256(Bytes(131, 0xaa),
                               as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")),
           hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")));
  CHECK(same(crypto::hmac_sha256(
                 Bytes(131, 0xaa),
                 as_bytes("This is a test using a larger than block-size key and a larger than "
                          "block-size data. The key needs to be hashed before being used by the "
                          "HMAC algorithm.")),
             hex("9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2")));
}

TEST_CASE("HKDF-SHA-256 gives the results of RFC 5869") {
  const auto hkdf = [](const Bytes& ikm, const Bytes& salt, const Bytes& info, std::size_t size) {
    Bytes out(size);
    crypto::hkdf_sha256(ikm, salt, info, out);
    return out;
  };
  const auto range = [](int first, int last) {
    Bytes out;
    for (int i = first; i <= last; ++i) out.push_back(static_cast<std::uint8_t>(i));
    return out;
  };
  CHECK(
      hkdf(Bytes(22, 0x0b), range(0, 0x0c), range(0xf0, 0xf9), 42) ==
      hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"));
  CHECK(hkdf(range(0, 0x4f), range(0x60, 0xaf), range(0xb0, 0xff), 82) ==
        hex("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb"
            "41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"));
  CHECK(
      hkdf(Bytes(22, 0x0b), {}, {}, 42) ==
      hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"));
  CHECK(hkdf({}, {}, {}, 0).empty());
  CHECK_THROWS(hkdf({}, {}, {}, 255 * 32 + 1));
}

TEST_CASE("XChaCha20-Poly1305 gives the ciphertext of draft-irtf-cfrg-xchacha") {
  const auto plain = as_bytes(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
      "sunscreen would be it.");
  const Bytes ad = hex("50515253c0c1c2c3c4c5c6c7");
  const Bytes key = hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
  const Bytes nonce = hex("404142434445464748494a4b4c4d4e4f5051525354555657");
  const Bytes sealed =
      hex("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f"
          "4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f"
          "76b2383565d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49");
  Bytes out(plain.size() + 16);
  crypto::aead::seal(out.data(), plain, ad, nonce.data(), key);
  CHECK(out == sealed);
  Bytes back(plain.size());
  REQUIRE(crypto::aead::open(back.data(), sealed, ad, nonce.data(), key));
  CHECK(same(back, plain));
}

TEST_CASE("Ed25519 gives the signatures of RFC 8032") {
  struct Vector {
    std::string_view seed, key, message, signature;
  };
  const Vector vectors[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "D75A980182B10AB7D54BFED3C964073A0EE172F3DAA62325AF021A68F707511A", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
       "f9b46bd25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3D4017C3E843895A92B70AA74D1B7EBC9C982CCF2EC4968CC0CD55F12AF4660C", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
       "f11d8c387b2eaeb4302aeeb00d291612bb0c00"}};
  for (const Vector& v : vectors) {
    const auto id = crypto::Identity::from_seed(base::ByteView(hex(v.seed)).first<32>());
    CHECK(id.public_key().fingerprint() == v.key);
    CHECK(same(id.seed().view(), hex(v.seed)));
    const auto signature = id.sign(hex(v.message));
    CHECK(same(signature, hex(v.signature)));
    CHECK(id.public_key().verify(hex(v.message), signature));
    CHECK_FALSE(id.public_key().verify(as_bytes("other"), signature));
    CHECK_FALSE(id.public_key().verify(hex(v.message), std::span(signature).first(63)));
    const auto read = crypto::PublicKey::from_fingerprint(v.key);
    REQUIRE(read);
    CHECK(*read == id.public_key());
    // The public key's X25519 form is the public key of the secret's X25519 form.
    CHECK(*id.public_key().to_x25519() == id.x25519_public());
  }
}

TEST_CASE("X25519 gives the shared secret of RFC 7748") {
  const Bytes a = hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  CHECK(same(crypto::x25519_public_of(a).bytes,
             hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")));
  crypto::X25519Public b;
  const Bytes b_bytes = hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  std::copy(b_bytes.begin(), b_bytes.end(), b.bytes.begin());
  const auto shared = crypto::x25519(a, b);
  REQUIRE(shared);
  CHECK(same(*shared, hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")));
  CHECK(crypto_test::is_mute(crypto::x25519(a, crypto::X25519Public{})));
}

TEST_CASE("points that are no good keys are refused") {
  // The identity, points of low order, and y coordinates that are on no point.
  for (const std::string_view text :
       {"0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ECFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7F",
        "26E8958FC2B227B045C3F489F2EF98F0D5DFAC05D3C63339B13802886D53FC05",
        "C7176A703D4DD84FBA3C0B760D10670F2A2053FA2C39CCC64EC7FD7792AC037A",
        "0200000000000000000000000000000000000000000000000000000000000000",
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"}) {
    INFO(text);
    const auto key = crypto::PublicKey::from_fingerprint(text);
    REQUIRE_FALSE(key);
    CHECK(key.error().code == base::Errc::invalid_argument);
    CHECK_FALSE(crypto::PublicKey(base::ByteView(hex(text)).first<32>()).to_x25519());
  }
  CHECK_FALSE(crypto::PublicKey::from_bytes(Bytes(31)));
  CHECK_FALSE(crypto::PublicKey::from_bytes(Bytes(33)));
  CHECK_FALSE(crypto::PublicKey::from_fingerprint("D75A"));
  CHECK_FALSE(crypto::PublicKey().verify({}, crypto::Signature{}));
}

TEST_CASE("two generated identities differ") {
  CHECK(crypto::Identity::generate().public_key() != crypto::Identity::generate().public_key());
}
