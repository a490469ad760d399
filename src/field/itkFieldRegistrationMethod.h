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
#ifndef itkFieldRegistrationMethod_h
#define itkFieldRegistrationMethod_h

#include "field/itkFieldRegistration.h"

#include "itkLevelImage.h"
#include "itkMaskedSyNRegistrationMethod.h"

#include <memory>

namespace itk
{
/** \class FieldRegistrationMethod
 * \brief What MaskedSyNRegistrationMethod is for, at the cost of the mask, with metrics of this module.
 *
 * Mask voxels, levels, events and reports are those of the superclass; what happens within a level is that of
 * FieldRegistration. The domain is to be the box of the mask and a margin: the displacement fades to 0 there.
 *
 * \sa FieldRegistration
 * \ingroup MaskedSampling
 */
template <typename TImage>
class FieldRegistrationMethod : public MaskedSyNRegistrationMethod<TImage, TImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(FieldRegistrationMethod);

  /** Standard class type aliases. There is no name of the class: to those who ask, it is what it is derived from. */
  using Self = FieldRegistrationMethod;
  using Superclass = MaskedSyNRegistrationMethod<TImage, TImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);

  static constexpr unsigned int ImageDimension = TImage::ImageDimension;
  using FieldRegistrationType = FieldRegistration<typename TImage::PixelType, ImageDimension>;
  using MetricEnum = typename FieldRegistrationType::MetricEnum;

  /** What is compared. The settings of the metric of the registration, except its masks and its domain, do not count.
   */
  void
  SetKindOfMetric(MetricEnum metric, SizeValueType radius)
  {
    m_KindOfMetric = metric;
    m_Radius = radius;
  }
  /** Off: only the moving image is moved. */
  void
  SetIsSymmetric(bool isSymmetric)
  {
    m_IsSymmetric = isSymmetric;
  }
  /** End a level at its best value, rather than at the last; not if it is symmetric. */
  void
  SetReturnsBest(bool returnsBest)
  {
    m_ReturnsBest = returnsBest;
  }
  /** Of where the last level ended, if that is its best place, or if no iterations were asked for; else not a number.
   */
  double
  GetValueOfEnd() const
  {
    return m_ValueOfEnd;
  }
  /** Of the last iteration. */
  SizeValueType
  GetNumberOfValidPoints() const
  {
    return m_NumberOfValidPoints;
  }

protected:
  using typename Superclass::InitialTransformType;
  using MaskType = MaskOnGrid<ImageDimension>;

  FieldRegistrationMethod() = default;
  ~FieldRegistrationMethod() override = default;

  void
  RunLevels() override;
  void
  InitializeRegistrationAtEachLevel(const SizeValueType level) override;
  void
  InitializeLevel(SizeValueType level) override;

private:
  using WarpedType = typename FieldRegistrationType::ImageType;
  using GridType = ImageBase<ImageDimension>;
  using GeometryType = GridGeometry<ImageDimension>;

  typename FieldRegistrationType::SettingsType
  MakeSettings() const;
  /** Those of the mask and of the region to which samples are confined. Null: all of the domain. */
  std::unique_ptr<MaskType>
  MakeFixedMask() const;
  /** Of the moving image, as the domain sees it at the start. Null: there is none. */
  std::unique_ptr<MaskType>
  MakeMovingMask() const;
  /** An image of a level, as far as the mask needs it. */
  std::unique_ptr<WarpedType>
  MakeImage(const TImage * image, const InitialTransformType * transform) const;
  void
  RunLevel(FieldRegistrationType & registration);
  /** \exception ExceptionObject if there is none */
  void
  SetValue(double value, const FieldRegistrationType & registration);
  void
  SetResult(const FieldRegistrationType & registration);

  MetricEnum                    m_KindOfMetric{ MetricEnum::NeighborhoodCorrelation };
  SizeValueType                 m_Radius{ 4 };
  bool                          m_IsSymmetric{ true };
  bool                          m_ReturnsBest{};
  double                        m_ValueOfEnd{ NumericTraits<double>::quiet_NaN() };
  SizeValueType                 m_NumberOfValidPoints{};
  typename TImage::ConstPointer m_FixedImage{};
  typename TImage::ConstPointer m_MovingImage{};
  /** While the registration runs. */
  typename GridType::ConstPointer m_LevelGrid{};
  std::unique_ptr<MaskType>       m_FixedMask{};
  std::unique_ptr<MaskType>       m_MovingMask{};
};

extern template class FieldRegistrationMethod<Image<float, 2>>;
extern template class FieldRegistrationMethod<Image<float, 3>>;
extern template class FieldRegistrationMethod<Image<double, 2>>;
extern template class FieldRegistrationMethod<Image<double, 3>>;
} // end namespace itk

#endif // itkFieldRegistrationMethod_h
