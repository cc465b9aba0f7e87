#pragma once

#include <cstdint>

namespace prova::math {

/// Coefficients are Chebyshev interpolants computed with 50 digits; `kMagic` is 1.5 times the
/// number from which the dtype holds only integers. High parts of ln 2 end in zeros, so that their
/// product with an exponent is exact, also without FMA.
template <typename T>
struct Constants;

template <>
struct Constants<float> {
  static constexpr float kMagic = 0x1.8p23f;
  static constexpr int kMantissa = 23, kBias = 127;
  static constexpr float kLn2High = 0.693145751953125f, kLn2Low = 1.42860682e-6f;
  // Below and above, exp rounds to 0 and to infinity.
  static constexpr float kExpLowest = -104.5f, kExpHighest = 89.0f;
  // Within, exp is a normal number.
  static constexpr float kExpPlain = 87.0f;
  // exp divides powers of two in 16 parts: c 2^(j/16), where c = 1.0062801882 lets all of them be
  // within 0.19 ulp of a float.
  static constexpr int kExpFraction = 4;
  alignas(64) static constexpr float kRoots[16] = {
      1.00628018f, 1.05083203f, 1.09735632f, 1.14594042f, 1.19667554f, 1.24965692f,
      1.30498397f, 1.36276054f, 1.42309511f, 1.48610091f, 1.55189621f, 1.62060452f,
      1.6923548f,  1.76728177f, 1.84552598f, 1.92723441f};
  // e^r / c - 1 for |r| <= ln(2)/32; within 1.8e-9. The first is a unit off, so that exp never
  // falls.
  static constexpr float kExpOfRoot[] = {-0.0062409942f, 0.993759036f, 0.496898472f, 0.165563911f};
  // ln(2)/16; the high part has 12 bits.
  static constexpr float kRootHigh = 2839.0f / 65536, kRootLow = 1.99663656e-6f;
  // (e^r - 1 - r) / r^2 for |r| <= ln(2)/2; within 1.5e-9.
  static constexpr float kExp[] = {0.5000000014f,   0.1666666668f,   0.0416664642f,
                                   0.008333310845f, 0.001393373072f, 0.0001989108046f};
  // The same of one degree less, minimax for e^r, which it changes by 3.1e-9 at most.
  static constexpr float kShortExp[] = {0.499999934f, 0.166665206f, 0.0416683879f, 0.00836871637f,
                                        0.00138146025f};
  static constexpr float kHalfLn2 = 0.34657359f;
  // (e^2r - 1 - 2r) / 2r^2 for |r| <= ln(2)/4, minimax for e^2r - 1, relatively within 1.4e-8.
  static constexpr float kTanh[] = {1.0f, 0.666661732f, 0.333330266f, 0.133864834f, 0.0446284268f};
  // (log((1+s)/(1-s)) - 2s) / s^3 in z = s^2 for z <= 0.0298; within 1.3e-9.
  static constexpr float kLog[] = {0.6666666655f, 0.4000012559f, 0.2855039696f, 0.2334194339f};
  // (t+c) e^(t^2/2) (1-Phi(t)) in w = (t-c)/(t+c) for 0 <= t <= 14.5, c = 3; within 1.2e-9.
  static constexpr float kTailCentre = 3;
  static constexpr float kTail[] = {0.7290836907f,    -0.5093319895f,   0.2300176777f,
                                    -0.04726274528f,  -0.01046229376f,  0.006969813131f,
                                    0.001024135711f,  -0.001034222059f, -0.0002445826664f,
                                    0.0001331259088f, 5.53559663e-5f};
  // Beyond the end nothing is left of e^(-t^2/2); up to there it is normal, counted in such units.
  static constexpr float kTailEnd = 15, kTailUnit = 0x1p-64f;
  // The upper bits of t whose square is exact.
  static constexpr uint32_t kUpper = 0xFFFFF000u;
};

template <>
struct Constants<double> {
  static constexpr double kMagic = 0x1.8p52;
  static constexpr int kMantissa = 52, kBias = 1023;
  static constexpr double kLn2High = 0x1.62e42feep-1, kLn2Low = 1.90821492927058770002e-10;
  static constexpr double kExpLowest = -746.0, kExpHighest = 710.0;
  static constexpr double kExpPlain = 708.0;
  static constexpr int kExpFraction = 0;
  // As above, the tail for t <= 40 and c = 4; within 1.5e-18, 2.3e-18 and 2.4e-18.
  static constexpr double kExp[] = {0.5,
                                    0.16666666666666671,
                                    0.0416666666666666698,
                                    0.00833333333332608312,
                                    0.00138888888888837112,
                                    0.000198412698750022788,
                                    0.0000248015873256774619,
                                    2.75572551700008874e-6,
                                    2.75572734787185805e-7,
                                    2.51053127296221018e-8,
                                    2.09147553258932022e-9};
  static constexpr double kLog[] = {
      0.666666666666666664, 0.400000000000009413, 0.285714285707644501, 0.222222224005477573,
      0.181817947008977996, 0.15386290534658992,  0.132674185964748834, 0.131007213835034914};
  static constexpr double kTailCentre = 4;
  static constexpr double kTail[] = {
      0.755285130415751493,     -0.607896641971892087,   0.387137400742214686,
      -0.18652185795965941,     0.0603965748909283784,   -0.00754018896665929385,
      -0.00347969236720851984,  0.00163081845663021229,  0.00013334431021535789,
      -0.000231094927757244129, -1.90824303963323049e-6, 0.0000351446520755692002,
      7.16597693056827682e-7,   -5.92007805470354875e-6, -6.29498591295800629e-7,
      1.02139357367864004e-6,   2.71434226206526629e-7,  -1.5481941766875712e-7,
      -8.49733181560880047e-8,  1.3242017277604495e-8,   1.93241972024835762e-8,
      1.88060819610391978e-9,   -2.42859684557967092e-9, -7.02168458241780917e-10,
      -5.17586203384345997e-12};
  static constexpr double kTailEnd = 40, kTailUnit = 0x1p-256;
  static constexpr uint64_t kUpper = 0xFFFFFFFFF8000000u;
};

}  // namespace prova::math
