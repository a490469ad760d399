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
#ifndef itkMaskedRegistrationTransform_h
#define itkMaskedRegistrationTransform_h

#include "itkImageBase.h"
#include "itkMaskedRegistrationSettings.h"
#include "itkMatrixOffsetTransformBase.h"
#include "itkTransform.h"
#include "itkTransformParametersAdaptorBase.h"

namespace itk
{
/** \class MaskedRegistrationTransform
 * \brief A transform of a kind that is chosen at run time, placed where the mask is, and how it changes level by level.
 *
 * \tparam VDimension dimension of the images
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class ITK_TEMPLATE_EXPORT MaskedRegistrationTransform
{
public:
  using TransformType = Transform<double, VDimension, VDimension>;
  using TransformPointer = typename TransformType::Pointer;
  using GridType = ImageBase<VDimension>;
  using PointType = Point<double, VDimension>;
  using VectorType = Vector<double, VDimension>;
  using LinearType = MatrixOffsetTransformBase<double, VDimension, VDimension>;
  using AdaptorPointer = typename TransformParametersAdaptorBase<TransformType>::Pointer;
  using AdaptorsType = std::vector<AdaptorPointer>;

  /** The identity.
   * \param box the voxels that the transform is for: those of the bounding box of the mask
   * \exception ExceptionObject if a setting does not fit the dimension */
  static TransformPointer
  Make(const MaskedRegistrationSettings & settings, const GridType & box);

  /** A copy that shares nothing with a transform; of a composite, of everything in it. */
  static TransformPointer
  Copy(const TransformType & transform);

  /** What adapts a transform at the start of every level: the grid of a B-spline or of a displacement field. Otherwise
   * nulls.
   * \param domain grid of a displacement field at the full resolution
   * \param isGiven whether the user made the transform; then the domain of a B-spline is moved to the corner of the
   * grid of the level, as SimpleITK does it */
  static AdaptorsType
  MakeAdaptors(const MaskedRegistrationSettings & settings,
               TransformType &                    transform,
               const GridType &                   domain,
               bool                               isGiven);

  /** Add a translation, after what the transform does. \return whether it can */
  static bool
  Translate(TransformType & transform, const VectorType & translation);

  /** Let a transform do what another one does, and then what it did before.
   * \return whether it can, by its parameters */
  static bool
  ApplyBefore(TransformType & transform, const LinearType & first);

private:
  static TransformPointer
  MakeSpline(const MaskedRegistrationSettings & settings, const GridType & box);
  static TransformPointer
  MakeField(const MaskedRegistrationSettings & settings, const GridType & box);
  template <typename TSpline>
  static AdaptorPointer
  MakeSplineAdaptor(TSpline &        spline,
                    SizeValueType    factor,
                    const GridType & domain,
                    const GridType & grid,
                    bool             isGiven);
  static AdaptorPointer
  MakeFieldAdaptor(const TransformType & transform, const GridType & grid);
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "facade/itkMaskedRegistrationTransform.hxx"
#endif

#endif // itkMaskedRegistrationTransform_h
