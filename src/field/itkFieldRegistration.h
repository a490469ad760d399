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
#ifndef itkFieldRegistration_h
#define itkFieldRegistration_h

#include "field/itkMaskOnGrid.h"
#include "field/itkVectorField.h"
#include "field/itkWarpedImage.h"
#include "geometry/itkGridGeometry.h"
#include "metric/itkNeighborhoodCorrelation.h"
#include "metric/itkSamplePairs.h"
#include "metric/itkSampleParts.h"

#include <limits>
#include <vector>

namespace itk
{
/** \class FieldRegistration
 * \brief Finds a displacement for every voxel of a grid, by steps down the gradient of a metric, that are smoothed.
 *
 * Symmetric, both images are taken to a place between them, as SyNImageRegistrationMethod does it: B. Avants et al.,
 * "Symmetric diffeomorphic image registration with cross-correlation", Medical Image Analysis 12 (2008). A field takes
 * the places of the grid to each image, so that no inverse is needed before the end: it is applied after the identity
 * with a small displacement, which is how greedy does it (P. Yushkevich et al., 2016). Not symmetric, the fixed image
 * stays where it is.
 *
 * Voxels of the grid that both masks have count, and no others. Images are read there, and two voxels beyond; nothing
 * moves that is farther from them than the smoothing reaches.
 *
 * \tparam TPixel float or double
 * \ingroup MaskedSampling
 */
template <typename TPixel, unsigned int VDimension>
class FieldRegistration
{
public:
  using FieldType = VectorField<VDimension>;
  using ImageType = WarpedImage<TPixel, VDimension>;
  using MaskType = MaskOnGrid<VDimension>;
  using GridType = ImageBase<VDimension>;
  using RegionType = ImageRegion<VDimension>;

  enum class MetricEnum : unsigned char
  {
    NeighborhoodCorrelation,
    Correlation,
    MeanSquares
  };

  struct SettingsType
  {
    MetricEnum    Metric{ MetricEnum::NeighborhoodCorrelation };
    SizeValueType Radius{ 4 };
    bool          IsSymmetric{ true };
    /** Of the longest step at an iteration, in voxels. */
    double StepLength{ 0.25 };
    /** Of the Gaussians that smooth steps and the whole, in voxels squared. */
    double UpdateVariance{ 3.0 };
    double TotalVariance{};
    /** End a level where the value was the best one; not if it is symmetric. */
    bool         ReturnsBest{};
    ThreadIdType NumberOfWorkUnits{ 1 };
  };

  explicit FieldRegistration(const SettingsType & settings)
    : m_Settings(settings)
    , m_UpdateWeights(FieldType::MakeGaussian(settings.UpdateVariance))
    , m_TotalWeights(FieldType::MakeGaussian(settings.TotalVariance))
    , m_Correlation(MakeRadius(settings.Radius))
  {
    m_Correlation.SetNumberOfWorkUnits(settings.NumberOfWorkUnits);
  }

  /** Go on on another grid, with the same axes. What is passed must live until the level is over.
   * \param fixedMask, movingMask on the way to their images; null: all is inside */
  void
  StartLevel(const GridType & grid, ImageType & fixed, ImageType & moving, MaskType * fixedMask, MaskType * movingMask);

  /** Make a step. \return the value of the metric before it; not a number, and no step, if no voxel is in both */
  double
  Iterate();

  /** The same without a step. */
  double
  Evaluate()
  {
    this->EvaluateImages();
    return m_NumberOfVoxels > 0 ? this->ComputeWeights() : std::numeric_limits<double>::quiet_NaN();
  }

  /** Go back to the best place of the level, if that is asked for. To be called when the level is over.
   * \return its value; not a number: there is none */
  double
  EndLevel();

  /** Of the last iteration. */
  SizeValueType
  GetNumberOfVoxels() const
  {
    return m_NumberOfVoxels;
  }

  /** The maps from fixed to moving space, and back. */
  FieldType
  MakeFixedToMoving() const
  {
    return MakeMap(m_Fixed.Field, m_Moving.Field);
  }
  FieldType
  MakeMovingToFixed() const
  {
    return MakeMap(m_Moving.Field, m_Fixed.Field);
  }

private:
  using CorrelationType = NeighborhoodCorrelation<VDimension>;
  using IndexType = Index<VDimension>;
  using GeometryType = GridGeometry<VDimension>;
  using PairsType = SamplePairs<TPixel, TPixel>;

  /** An image, and how the grid is taken to it. */
  struct SideType
  {
    ImageType *                Image{};
    MaskType *                 Mask{};
    FieldType                  Field{};
    std::vector<TPixel>        Values{};
    std::vector<unsigned char> IsInside{};
    std::vector<double>        Weights{};
  };

  static typename CorrelationType::SizeType
  MakeRadius(SizeValueType radius)
  {
    typename CorrelationType::SizeType ofAxes;
    ofAxes.fill(static_cast<std::size_t>(radius));
    return ofAxes;
  }
  FieldType
  MakeMap(const FieldType & from, const FieldType & to) const;
  static bool
  IsInsideMask(const SideType & side, const IndexType & voxel)
  {
    return side.Mask == nullptr || side.Mask->IsInside(side.Field.MapVoxel(voxel));
  }
  /** Where voxels may count: the box of those inside the masks. */
  RegionType
  FindBox() const;
  /** A box, wider, and within the grid. */
  RegionType
  MakeWider(const RegionType & box, SizeValueType margin) const
  {
    return GeometryType::Widen(box, margin, m_Grid->GetLargestPossibleRegion());
  }
  /** Evaluate the images, and find the voxels that count. \return the box of these */
  RegionType
  EvaluateImages();
  double
  ComputeWeights();
  double
  ComputeWeightsOfMeanSquares(const PairsType & pairs, const PairsType & swapped);
  double
  ComputeWeightsOfCorrelation(const PairsType & pairs, const PairsType & swapped);
  double
  ComputeWeightsOfNeighborhoods(const PairsType & pairs);
  /** Of what is done with each voxel of the region. */
  SampleParts
  GetParts() const
  {
    constexpr SizeValueType partSize = 4096;
    return SampleParts::OfSize(m_Region.GetNumberOfPixels(), partSize);
  }
  /** Move a side on. \param box of the voxels that count */
  void
  Step(SideType & side, const RegionType & box);
  /** Of the values of a side at a voxel, whose number in the region is given. */
  typename FieldType::VectorType
  ComputeGradient(const SideType & side, const IndexType & voxel, std::size_t number) const;

  SettingsType                    m_Settings{};
  typename FieldType::WeightsType m_UpdateWeights{};
  typename FieldType::WeightsType m_TotalWeights{};
  CorrelationType                 m_Correlation;
  typename GridType::ConstPointer m_Grid{};
  SideType                        m_Fixed{};
  SideType                        m_Moving{};
  /** Where images are evaluated. */
  RegionType                 m_Region{};
  std::vector<unsigned char> m_IsValid{};
  SizeValueType              m_NumberOfVoxels{};
  /** Of the level. */
  double    m_BestValue{ std::numeric_limits<double>::infinity() };
  FieldType m_BestField{};
};
} // end namespace itk

#include "field/itkFieldRegistration.hxx"

#endif // itkFieldRegistration_h
