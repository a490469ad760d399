// SPDX-License-Identifier: Apache-2.0
#ifndef itkLabelLinearInterpolateImageFunction_h
#define itkLabelLinearInterpolateImageFunction_h

#include "itkInterpolateImageFunction.h"
#include "itkMath.h"

#include <algorithm>

namespace itk
{
/** \class LabelLinearInterpolateImageFunction
 * \brief The label that has the largest weight among the neighbours of a point, as linear interpolation weighs them.
 *
 * What comes out is always a label of the image, at edges that are smoother than those of the nearest neighbour, and
 * what is thin stays where it weighs more than what is around it. Of two labels with the same weight it is the greater
 * one, so that the background, 0, does not win. The same as LabelImageGenericInterpolateImageFunction (J. Schaerer et
 * al., Generic interpolator for multi-label images, Insight Journal 2014) with linear interpolation, but for equal
 * weights; there, each label of the image is interpolated by itself.
 */
template <typename TImage>
class LabelLinearInterpolateImageFunction : public InterpolateImageFunction<TImage, double>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(LabelLinearInterpolateImageFunction);

  using Self = LabelLinearInterpolateImageFunction;
  using Superclass = InterpolateImageFunction<TImage, double>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using typename Superclass::ContinuousIndexType;
  using typename Superclass::IndexType;
  using typename Superclass::OutputType;
  using typename Superclass::SizeType;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(LabelLinearInterpolateImageFunction);

  OutputType
  EvaluateAtContinuousIndex(const ContinuousIndexType & index) const override
  {
    constexpr unsigned int dimension = TImage::ImageDimension;
    constexpr unsigned int corners = 1U << dimension;
    IndexType              first;
    double                 fraction[dimension];
    for (unsigned int d = 0; d < dimension; ++d)
    {
      first[d] = Math::Floor<IndexValueType>(index[d]);
      fraction[d] = index[d] - static_cast<double>(first[d]);
    }
    OutputType   labels[corners];
    double       weights[corners];
    unsigned int count = 0;
    for (unsigned int corner = 0; corner < corners; ++corner)
    {
      IndexType neighbor;
      double    weight = 1.0;
      for (unsigned int d = 0; d < dimension; ++d)
      {
        const bool isUpper = (corner >> d & 1U) != 0;
        weight *= isUpper ? fraction[d] : 1.0 - fraction[d];
        // Beyond the edge by half a voxel at most, where the voxel at the edge goes on.
        neighbor[d] = std::clamp(first[d] + isUpper, this->m_StartIndex[d], this->m_EndIndex[d]);
      }
      if (weight <= 0.0)
      {
        continue;
      }
      const auto label = static_cast<OutputType>(this->GetInputImage()->GetPixel(neighbor));
      const auto place = static_cast<unsigned int>(std::find(labels, labels + count, label) - labels);
      if (place == count)
      {
        labels[count] = label;
        weights[count++] = 0.0;
      }
      weights[place] += weight;
    }
    unsigned int best = 0;
    for (unsigned int place = 1; place < count; ++place)
    {
      const bool isEqual = weights[place] == weights[best];
      if (weights[place] > weights[best] || (isEqual && labels[place] > labels[best]))
      {
        best = place;
      }
    }
    return labels[best];
  }

  SizeType
  GetRadius() const override
  {
    return SizeType::Filled(1);
  }

protected:
  LabelLinearInterpolateImageFunction() = default;
  ~LabelLinearInterpolateImageFunction() override = default;
};
} // end namespace itk

#endif // itkLabelLinearInterpolateImageFunction_h
