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
#ifndef itkBSplineMaker_h
#define itkBSplineMaker_h

#include "itkBSplineTransform.h"

#include <algorithm>

namespace itk
{
/** \class BSplineMaker
 * \brief Makes a cubic B-spline transform, also where the memory for it is not there: then it throws.
 *
 * BSplineTransform resizes its parameters when it gets its mesh. If that fails, vnl_vector frees them twice, which ends
 * the process. Here they are made before, and exchanged.
 *
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class BSplineMaker
{
public:
  using SplineType = BSplineTransform<double, VDimension, 3>;
  using SplinePointer = typename SplineType::Pointer;
  using ParametersType = typename SplineType::ParametersType;

  /** The arguments are those of SetTransformDomain...(). It is the identity. */
  static SplinePointer
  Make(const typename SplineType::OriginType &             origin,
       const typename SplineType::DirectionType &          direction,
       const typename SplineType::PhysicalDimensionsType & length,
       const typename SplineType::MeshSizeType &           cells)
  {
    SizeValueType number = VDimension;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      number *= cells[d] + 3;
    }
    return Make(number, [&](SplineType & spline, ParametersType & parameters) {
      parameters.Fill(0.0);
      spline.SetTransformDomainOrigin(origin);
      spline.SetTransformDomainDirection(direction);
      spline.SetTransformDomainPhysicalDimensions(length);
      swap(Access::GetBuffer(spline), parameters);
      spline.SetTransformDomainMeshSize(cells);
    });
  }

  static SplinePointer
  Copy(const SplineType & other)
  {
    return Make(other.GetNumberOfParameters(), [&other](SplineType & spline, ParametersType & parameters) {
      const auto & values = other.GetParameters();
      std::copy(values.begin(), values.end(), parameters.begin());
      swap(Access::GetBuffer(spline), parameters);
      spline.SetFixedParameters(other.GetFixedParameters());
    });
  }

private:
  /** \param setGrid sets the grid, and just before that exchanges the parameters */
  template <typename TSetGrid>
  static SplinePointer
  Make(SizeValueType number, const TSetGrid & setGrid)
  {
    ParametersType parameters(number);
    const auto     spline = SplineType::New();
    setGrid(*spline, parameters);
    spline->SetParameters(Access::GetBuffer(*spline)); // the coefficient images have those before until then
    return spline;
  }

  /** Reaches the parameters themselves. */
  class Access : public SplineType
  {
  public:
    static ParametersType &
    GetBuffer(SplineType & spline)
    {
      return spline.*(&Access::m_InternalParametersBuffer);
    }
  };
};
} // end namespace itk

#endif // itkBSplineMaker_h
