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
#ifndef itkMaskedVoxelSampler_h
#define itkMaskedVoxelSampler_h

#include "itkImage.h"
#include "itkImageBase.h"
#include "itkMultiThreaderBase.h"
#include "itkPointSet.h"
#include "itkSpatialObject.h"
#include "itkTransform.h"
#include "MaskedSamplingExport.h"

#include <functional>
#include <memory>
#include <optional>

namespace itk
{
template <unsigned int VDimension>
struct MaskedVoxelInputs;
template <unsigned int VDimension>
class MaskedVoxelList;

/** \class MaskedVoxelSampler
 * \brief Enumerates the voxels of a grid that are inside a mask, once, and draws sample points from that list.
 *
 * A *mask voxel* is a voxel of the domain whose centre, mapped by the transform, is inside the mask and inside the
 * buffer of the fixed image. The *rank* of a mask voxel is its position in raster order (the first index runs
 * fastest), from 0 to GetNumberOfVoxels() - 1.
 *
 * \par Algorithm
 * Update() walks over the rows of the domain, in parallel, and keeps the runs of consecutive mask voxels: memory is
 * proportional to the number of runs, not of voxels. Ranks and indices are converted by binary search over the runs.
 * Draws without replacement draw ranks until enough different ones were met (or, for more than half of the voxels,
 * draw the ranks that are left out), so they cost O(n log n) however many voxels the mask has.
 *
 * \par Properties
 * - The points depend on the voxels inside the mask and on the seed only: neither on the extent of the domain beyond
 *   the mask, nor on the number of work units, nor on the platform (the generator is ITK's Mersenne twister, and the
 *   integer draws are written out).
 * - Points come in rank order, so whoever visits them reads the image forwards.
 * - With a weight image the expected number of times that a voxel is drawn is exactly n w / W (n samples, weight w, sum
 * of the weights W), and the number itself is that, rounded up or down. Random: the ordered pivotal
 *   method, Deville and Tille, "Unequal probability sampling without replacement through a splitting method",
 * Biometrika 85 (1998), with the strata of Chauvet, "On a characterization of ordered pivotal sampling", Bernoulli 18
 * (2012).
 * - Children of the mask count as the mask does: a group is the union of its members.
 * - Coordinates are `float`, as in every itk::PointSet with default traits. All guarantees (inside the mask, inside
 *   the voxel, inside the buffer) hold for the rounded coordinates.
 *
 * \par Parameters
 * - Domain: the grid, geometry only. Required.
 * - Mask: any spatial object, in mask space. Default: none, the whole domain.
 * - Transform: from the domain to mask space. Default: identity.
 * - FixedImage: geometry in mask space; mapped points must be inside its buffered region. Default: none.
 * - Region: only voxels of this region of the domain. Default: the whole domain.
 * - WeightImage: density of the draws, in mask space. Default: none, every voxel alike.
 * - PerturbSamples: each point uniform in its voxel (on, default) or at its centre (off).
 * - NumberOfWorkUnits: threads for the enumeration. Default: the global default.
 *
 * \sa MaskedRegistrationMethod
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class ITK_TEMPLATE_EXPORT MaskedVoxelSampler : public Object
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(MaskedVoxelSampler);

  /** Standard class type aliases. */
  using Self = MaskedVoxelSampler;
  using Superclass = Object;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(MaskedVoxelSampler);

  static constexpr unsigned int Dimension = VDimension;
  static_assert(VDimension >= 2 && VDimension <= 4, "The library of the module has it for 2, 3 and 4 dimensions.");

  using DomainType = ImageBase<VDimension>;
  using MaskType = SpatialObject<VDimension>;
  using TransformType = Transform<double, VDimension, VDimension>;
  using RegionType = ImageRegion<VDimension>;
  using IndexType = Index<VDimension>;
  using SizeType = Size<VDimension>;
  using PointType = Point<double, VDimension>;

  using WeightImageType = Image<float, VDimension>;

  /** Type of the drawn points. Its points container is that of every point set of ITK's metrics. */
  using PointSetType = PointSet<float, VDimension>;
  using SamplePointType = typename PointSetType::PointType;

  /** Set/Get the grid whose voxels are enumerated: its largest possible region. Pixels are never read. */
  itkSetConstObjectMacro(Domain, DomainType);
  itkGetConstObjectMacro(Domain, DomainType);

  /** Set/Get the mask. Null: the whole domain. */
  itkSetConstObjectMacro(Mask, MaskType);
  itkGetConstObjectMacro(Mask, MaskType);

  /** Set/Get the transform from the domain to the space of the mask and the fixed image. Null: identity. */
  itkSetConstObjectMacro(Transform, TransformType);
  itkGetConstObjectMacro(Transform, TransformType);

  /** Set/Get the grid whose buffered region the mapped points must be in. Pixels are never read. Null: no limit. */
  itkSetConstObjectMacro(FixedImage, DomainType);
  itkGetConstObjectMacro(FixedImage, DomainType);

  /** Set the region of the domain to which the voxels are confined: a box mask without a mask image. */
  virtual void
  SetRegion(const RegionType & region);
  /** Get the region set, or else the largest possible region of the domain. */
  virtual RegionType
  GetRegion() const;
  /** Forget the region: the whole domain again. */
  virtual void
  ResetRegion();

  /** Set/Get the density of the draws: the weight of a mask voxel is the pixel in which its centre, mapped by the
   * transform, lies, and 0 outside the image. A voxel of weight 0 is never drawn, but it remains a mask voxel: it
   * counts and SampleAll() has it. Weights must be finite and not negative. Null: every voxel alike. */
  itkSetConstObjectMacro(WeightImage, WeightImageType);
  itkGetConstObjectMacro(WeightImage, WeightImageType);

  /** Set/Get whether each point is uniform in its voxel (default) or at its centre. */
  itkSetMacro(PerturbSamples, bool);
  itkGetConstMacro(PerturbSamples, bool);
  itkBooleanMacro(PerturbSamples);

  /** Set/Get the number of work units of the enumeration. It never changes the result. */
  itkSetClampMacro(NumberOfWorkUnits, ThreadIdType, 1, ITK_MAX_THREADS);
  itkGetConstMacro(NumberOfWorkUnits, ThreadIdType);

  /** Enumerate the mask voxels, if any input changed since the last time.
   * \exception ExceptionObject if there is no domain or no mask voxel, or if a weight is negative or not finite, or if
   * all are 0. */
  virtual void
  Update();

  /** As Update(), but return whether there is any mask voxel, instead of throwing if there is none. */
  virtual bool
  UpdateUnlessEmpty();

  /** Number of mask voxels. */
  SizeValueType
  GetNumberOfVoxels() const;

  /** Number of runs of consecutive mask voxels along the first dimension. */
  SizeValueType
  GetNumberOfRuns() const;

  /** Call a function with the index of the first voxel and the length of every run, in raster order. */
  template <typename TFunction>
  void
  ForEachRun(const TFunction & function) const
  {
    this->VisitRuns([&function](const IndexType & index, SizeValueType length) { function(index, length); });
  }

  /** Index of the mask voxel of that rank. \exception ExceptionObject if there is no such rank. */
  IndexType
  GetIndex(SizeValueType rank) const;

  /** Rank of the mask voxel of that index. \exception ExceptionObject if the voxel is not inside the mask. */
  SizeValueType
  GetRank(const IndexType & index) const;

  /** Smallest region of the domain that holds every mask voxel. */
  const RegionType &
  GetBoundingRegion() const;

  /** Whether `float` coordinates hold every centre of SampleAll() exactly. */
  bool
  GetCentersAreExact() const;

  /** The centre of every mask voxel. */
  typename PointSetType::Pointer
  SampleAll() const;

  /** Those of the given points, in their order, that are in a voxel of the region and, mapped by the transform, inside
   * the mask and the buffer of the fixed image. */
  typename PointSetType::Pointer
  KeepInside(const PointSetType * points) const;

  /** Points in \c numberOfSamples random mask voxels, each at most once while there are enough of them; with more
   * samples than voxels each voxel equally often, and the remainder at most once more. With weights
   * see the class. */
  typename PointSetType::Pointer
  SampleRandomly(SizeValueType numberOfSamples, unsigned int seed) const;

  /** Systematic sampling: points in the mask voxels of the ranks floor((i + u) * V / n), i from 0 to n - 1, where V
   * is the number of mask voxels, n that of samples, and u in [0, 1) comes from the seed. With weights: the mask voxels
   * in which the sum of the weights, in rank order, passes (i + u) W / n. */
  typename PointSetType::Pointer
  SampleRegularly(SizeValueType numberOfSamples, unsigned int seed) const;

  /** Number of samples that a fraction of the mask voxels is, 1 or more. A coarse level has fewer of them only where
   * there are more than 2000.
   * \param numberOfVoxels of the mask, at full resolution
   * \param percentage the fraction, in (0, 1]
   * \param shrinkage how many voxels of the full resolution one of the level is: the product of its shrink factors */
  static SizeValueType
  ComputeNumberOfSamples(SizeValueType numberOfVoxels, double percentage, double shrinkage = 1.0);

  /** To be asked before a draw: whether so many samples fit into memory, each with a number of bytes besides its point.
   * \exception ExceptionObject if they do not */
  void
  CheckNumberOfSamples(SizeValueType numberOfSamples, SizeValueType bytesPerSample) const;

  /** A sampler with the same settings, except the weights, for another grid with the same axes: its voxels whose
   * centres are in the region of this one. Null if there are none. */
  Pointer
  MakeSamplerOfGrid(const DomainType * grid) const;

  /** A sampler with the same settings whose points are inside a grid with the same axes, too. Null if that holds for no
   * voxel of the domain. */
  Pointer
  MakeSamplerCoveredBy(const DomainType * grid) const;

protected:
  MaskedVoxelSampler();
  ~MaskedVoxelSampler() override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  using ListType = MaskedVoxelList<VDimension>;

  void
  VisitRuns(const std::function<void(const IndexType & index, SizeValueType length)> & visit) const;
  /** What the list of mask voxels is to be made of. \exception ExceptionObject if something is missing */
  MaskedVoxelInputs<VDimension>
  GetInputs() const;
  /** The list, if Update() was called. */
  const ListType &
  GetList() const;
  /** The list, if it is of the present inputs. */
  const ListType &
  GetCurrentList() const;
  typename PointSetType::Pointer
  Sample(bool isRandom, SizeValueType numberOfSamples, unsigned int seed) const;
  void
  CheckGrid(const DomainType * grid) const;
  /** A new sampler with the same settings, except the region and the weights. */
  Pointer
  MakeSampler() const;
  [[noreturn]] void
  ThrowNoVoxel() const;

  typename DomainType::ConstPointer      m_Domain{};
  typename MaskType::ConstPointer        m_Mask{};
  typename TransformType::ConstPointer   m_Transform{};
  typename DomainType::ConstPointer      m_FixedImage{};
  typename DomainType::ConstPointer      m_CoveringGrid{};
  typename WeightImageType::ConstPointer m_WeightImage{};
  std::optional<RegionType>              m_Region{};
  bool                                   m_PerturbSamples{ true };
  ThreadIdType                           m_NumberOfWorkUnits{ MultiThreaderBase::GetGlobalDefaultNumberOfThreads() };

  /** The mask voxels, once they were enumerated. */
  std::unique_ptr<ListType> m_List;
};
} // end namespace itk

#endif // itkMaskedVoxelSampler_h

// Compiled in the library of the module alone. Outside the include guard, as in itkMetaDataObject.h. Not for the
// wrapping, which would take the names as they are spelled here.
#if !defined(ITK_TEMPLATE_EXPLICIT_MaskedVoxelSampler) && !defined(ITK_WRAPPING_PARSER)
#if defined(MaskedSampling_EXPORTS)
#  define MaskedSampling_EXPORT_EXPLICIT ITK_TEMPLATE_EXPORT
#else
#  define MaskedSampling_EXPORT_EXPLICIT MaskedSampling_EXPORT
#endif
namespace itk
{
ITK_GCC_PRAGMA_DIAG_PUSH()
ITK_GCC_PRAGMA_DIAG(ignored "-Wattributes")

extern template class MaskedSampling_EXPORT_EXPLICIT MaskedVoxelSampler<2>;
extern template class MaskedSampling_EXPORT_EXPLICIT MaskedVoxelSampler<3>;
extern template class MaskedSampling_EXPORT_EXPLICIT MaskedVoxelSampler<4>;

ITK_GCC_PRAGMA_DIAG_POP()
} // end namespace itk
#undef MaskedSampling_EXPORT_EXPLICIT
#endif
