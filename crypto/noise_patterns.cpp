#include "crypto/noise_patterns.h"

namespace crypto {
namespace {

using enum NoiseToken;

// clang-format off
constexpr NoisePatternData kNK{
    "Noise_NK_25519_ChaChaPoly_SHA256", true, false, false,
    2, {{{e, es}, {e, ee}, {}}}, {2, 2, 0}};
constexpr NoisePatternData kIK{
    "Noise_IK_25519_ChaChaPoly_SHA256", true, true, false,
    2, {{{e, es, s, ss}, {e, ee, se}, {}}}, {4, 3, 0}};
constexpr NoisePatternData kIKpsk1{
    "Noise_IKpsk1_25519_ChaChaPoly_SHA256", true, true, true,
    2, {{{e, es, s, ss, psk}, {e, ee, se}, {}}}, {5, 3, 0}};
constexpr NoisePatternData kIKpsk2{
    "Noise_IKpsk2_25519_ChaChaPoly_SHA256", true, true, true,
    2, {{{e, es, s, ss}, {e, ee, se, psk}, {}}}, {4, 4, 0}};
constexpr NoisePatternData kXX{
    "Noise_XX_25519_ChaChaPoly_SHA256", false, true, false,
    3, {{{e}, {e, ee, s, es}, {s, se}}}, {1, 4, 2}};
constexpr NoisePatternData kXXpsk3{
    "Noise_XXpsk3_25519_ChaChaPoly_SHA256", false, true, true,
    3, {{{e}, {e, ee, s, es}, {s, se, psk}}}, {1, 4, 3}};
// clang-format on

}  // namespace

const NoisePatternData* find_pattern(NoisePattern pattern) {
  switch (pattern) {
    case NoisePattern::NK:
      return &kNK;
    case NoisePattern::IK:
      return &kIK;
    case NoisePattern::IKpsk1:
      return &kIKpsk1;
    case NoisePattern::IKpsk2:
      return &kIKpsk2;
    case NoisePattern::XX:
      return &kXX;
    case NoisePattern::XXpsk3:
      return &kXXpsk3;
  }
  return nullptr;
}

}  // namespace crypto
