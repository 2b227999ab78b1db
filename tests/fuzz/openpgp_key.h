// The key that the mails of the corpus are sealed for; tests/data/openpgp/old-secret.asc.
#pragma once

#include <string_view>

namespace openpgp_key {

inline constexpr std::string_view kSecret = R"(-----BEGIN PGP PRIVATE KEY BLOCK-----

xVgEa0nSABYJKwYBBAHaRw8BAQdAynkQ9LY2NXxZsr7P5kQl+cWrLale6XcK0rFR
ZtIGlkcAAP4jlCm+rhgiHKdvsqDAex+oXVJvbUN5YhUvLGtdBfiqzA5ezRI8cGVl
ckBleGFtcGxlLm9yZz7ChgQTFggALgUCaw140RYhBKqoqaFNdhwAhF+HFO3HwURG
klHsAhsDAh4BAQsBFQEWAScCGQEACgkQ7cfBREaSUewKAQD9Fm3JKZLzA526At/v
2PtYGtsuMDWjBp81SlFJG9IkbaYBAPrZc3Uleg0nxe7gNwMpQ/gD++ZFfi7kO2OV
Wmj06t0Gx10Ea0nSABIKKwYBBAGXVQEFAQEHQLHa6d+f4seP0qKFp5/4oUsRlEZb
c+iMR87v0mDsXHZNAwEIBwAA/3aiKPZ6HjO8FXFoDAP2bcvwI5XVHMi65wGhsecB
Dp7AEJDCeAQYFggAIAUCaw140QIbDBYhBKqoqaFNdhwAhF+HFO3HwURGklHsAAoJ
EO3HwURGklHs+A8A/AwcszOSRnjRn97EZIsho3nRKVlFkbDRiRsK0Oj7P5kQAQCT
I7CN2O9xhxOiQqcrXcJIhq1+KLfhdvlZMf1/XVf9CQ==
=uRq0
-----END PGP PRIVATE KEY BLOCK-----
)";

}  // namespace openpgp_key
