/*=========================================================================
 *
 *  Copyright NumFOCUS
 *
 *  Licensed under the Apache License, Version 2.0 (the "License");
 *  you may not use this file except in compliance with the License.
 *  You may obtain a copy of the License at
 *
 *         https://www.apache.org/licenses/LICENSE-2.0.txt
 *
 *  Unless required by applicable law or agreed to in writing, software
 *  distributed under the License is distributed on an "AS IS" BASIS,
 *  WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 *  See the License for the specific language governing permissions and
 *  limitations under the License.
 *
 *=========================================================================*/
#ifndef itkSplineErrorMap_h
#define itkSplineErrorMap_h

#include "facade/itkRegistrationInputs.h"

#include "itkBSplineTransform.h"
#include "itkCompositeTransform.h"
#include "itkMaskedVoxelSampler.h"

#include <array>
#include <atomic>
#include <vector>

namespace itk
{
/** \class SplineErrorMap
 * \brief How far a B-spline or a displacement field may map points wrong, from what half of the mask makes of it.
 *
 * The mask is divided like a chess board, with fields of two cells of the grid. It is registered on, at full
 * resolution, with the samples of the black fields alone, and with those of the white ones: so what the errors of
 * neighbours have in common is in the difference, too, as where blocks of a series are left out (Kunsch 1989). Both
 * start at the result, but with control points off by random lengths, a tenth of a cell or a voxel; those of one are
 * the negative of those of the other. What the samples determine comes back from there, other things do not.
 *
 * Half of their difference is how far the result scatters, the distance of their middle from it what has not settled.
 * The squares of both are averaged over a few cells, for two results are a single draw of each point. Where images have
 * noise alone, that is the error, or more if there is little of it. Errors of known deformations of images with bias
 * fields are larger by a factor that is much the same. The bars have that factor.
 *
 * \ingroup MaskedSampling
 */
template <typename TImage>
class SplineErrorMap
{
public:
  static constexpr unsigned int ImageDimension = TImage::ImageDimension;
  using FacadeType = MaskedImageRegistration<TImage>;
  using InputsType = RegistrationInputs<TImage>;
  using SettingsType = MaskedRegistrationSettings;
  using TransformType = typename InputsType::TransformType;
  using SplineType = BSplineTransform<double, ImageDimension, 3>;
  using CompositeTransformType = CompositeTransform<double, ImageDimension>;
  using SamplerType = MaskedVoxelSampler<ImageDimension>;
  using PointType = Point<double, ImageDimension>;
  using ReportType = typename FacadeType::UncertaintyReport;
  using MapType = typename ReportType::MapType;

  /** \param settings of the last stage, with values for every level
   * \param spline that it optimised, on the grid that it had then
   * \param chain what is applied after it, to get to the moving image of the inputs
   * \param toMoving the same, to get to that of the user
   * \param sampler of the mask voxels, updated
   * \param numberOfSamples of the last level */
  SplineErrorMap(const InputsType &             inputs,
                 const SettingsType &           settings,
                 const SplineType &             spline,
                 const CompositeTransformType & chain,
                 const CompositeTransformType & toMoving,
                 const SamplerType &            sampler,
                 SizeValueType                  numberOfSamples,
                 const std::atomic<bool> &      isAborting);

  /** The identity, on the grid that a B-spline would have by default. What may be wrong with a displacement field is
   * what a spline before it would change.
   * \param sampler of the mask voxels, updated */
  static typename SplineType::ConstPointer
  MakeIdentity(const SamplerType & sampler);

  /** Set the errors, if the samples are enough to be divided. \exception ProcessAborted if it was asked for */
  void
  Estimate(ReportType & report) const;

private:
  using PointSetType = typename InputsType::PointSetType;
  using HalvesType = std::array<std::vector<PointType>, 2>;
  using SplinePointer = typename SplineType::ConstPointer;

  /** \param number of the division: others have their fields elsewhere
   * \return no points, if they cannot be divided */
  HalvesType
  Divide(const std::vector<PointType> & points, SizeValueType number) const;
  /** The result, with control points that are shifted at random. \param number as for Divide() */
  typename SplineType::Pointer
  MakeStart(SizeValueType number, double sign) const;
  SplinePointer
  Register(const SplineType & start, const std::vector<PointType> & points) const;
  SettingsType
  MakeSettings() const;
  /** Register with both halves, and add the square of the error of each place. */
  void
  AddSquares(const HalvesType &             halves,
             SizeValueType                  number,
             const std::vector<PointType> & places,
             std::vector<double> &          squares) const;

  const InputsType &             m_Inputs;
  const SettingsType &           m_Settings;
  const SplineType &             m_Spline;
  const CompositeTransformType & m_Chain;
  const CompositeTransformType & m_ToMoving;
  const SamplerType &            m_Sampler;
  SizeValueType                  m_NumberOfSamples;
  const std::atomic<bool> &      m_IsAborting;
};
} // end namespace itk

#include "facade/itkSplineErrorMap.hxx"

#endif // itkSplineErrorMap_h
