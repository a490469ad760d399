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
#ifndef itkMetricStateGuard_h
#define itkMetricStateGuard_h

#include "itkObjectToObjectMetric.h"

#include <vector>

namespace itk
{
/** \class MetricStateGuard
 * \brief Gives image metrics back the masks and the virtual domain that they had when the guard was made.
 *
 * A registration sets a virtual domain on its metric at every level, and SetVirtualDomain() cannot be undone: from then
 * on the metric believes that its user chose the domain. The guard restores the virtual image and that belief, and the
 * masks, when it goes out of scope, also after an exception.
 *
 * \tparam TImageMetric a type of itk::ImageToImageMetricv4
 *
 * \ingroup MaskedSampling
 */
template <typename TImageMetric>
class MetricStateGuard
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(MetricStateGuard);

  /** The base class that image metrics and multi-metrics share; it holds the virtual domain. */
  using MetricType = typename TImageMetric::Superclass;

  MetricStateGuard() = default;

  /** Remember the virtual domain of a metric or a multi-metric. */
  void
  KeepVirtualDomain(MetricType & metric)
  {
    m_VirtualDomains.push_back({ &metric, VirtualDomainAccess::Image(metric), VirtualDomainAccess::Flag(metric) });
  }

  /** Remember the masks of an image metric. */
  void
  KeepMasks(TImageMetric & metric)
  {
    m_Masks.push_back({ &metric, metric.GetFixedImageMask(), metric.GetMovingImageMask() });
  }

  ~MetricStateGuard()
  {
    for (const auto & masks : m_Masks)
    {
      masks.Metric->SetFixedImageMask(masks.Fixed.GetPointer());
      masks.Metric->SetMovingImageMask(masks.Moving.GetPointer());
    }
    for (const auto & domain : m_VirtualDomains)
    {
      VirtualDomainAccess::Image(*domain.Metric) = domain.Image;
      VirtualDomainAccess::Flag(*domain.Metric) = domain.Flag;
      domain.Metric->Modified();
    }
  }

private:
  /** Reaches the two protected members of the metric that have no setter. It has no instances. */
  class VirtualDomainAccess : public MetricType
  {
  public:
    static typename MetricType::VirtualImagePointer &
    Image(MetricType & metric)
    {
      return metric.*(&VirtualDomainAccess::m_VirtualImage);
    }
    static bool &
    Flag(MetricType & metric)
    {
      return metric.*(&VirtualDomainAccess::m_UserHasSetVirtualDomain);
    }
  };

  struct VirtualDomain
  {
    typename MetricType::Pointer             Metric;
    typename MetricType::VirtualImagePointer Image;
    bool                                     Flag;
  };
  struct Masks
  {
    typename TImageMetric::Pointer                     Metric;
    typename TImageMetric::FixedImageMaskConstPointer  Fixed;
    typename TImageMetric::MovingImageMaskConstPointer Moving;
  };

  std::vector<VirtualDomain> m_VirtualDomains{};
  std::vector<Masks>         m_Masks{};
};
} // end namespace itk

#endif // itkMetricStateGuard_h
