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

#include <functional>
#include <vector>

namespace itk
{
/** \class MetricStateGuard
 * \brief Gives metrics back the masks and the virtual domain that they had when the guard was told to keep them.
 *
 * A registration sets a virtual domain on its metrics at every level, and SetVirtualDomain() cannot be undone: from
 * then on a metric believes that its user chose the domain. The guard restores the virtual image and that belief, and
 * the masks, when it goes out of scope, also after an exception. That needs no memory and sends no event, so that it
 * cannot fail.
 *
 * \ingroup MaskedSampling
 */
class MetricStateGuard
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(MetricStateGuard);

  MetricStateGuard() = default;

  /** Remember the virtual domain of a metric.
   * \tparam TMetric a type of, or derived from, itk::ObjectToObjectMetric */
  template <typename TMetric>
  void
  KeepVirtualDomain(TMetric & metric)
  {
    using AccessType = Access<TMetric>;
    m_Restorers.push_back([kept = SmartPointer<TMetric>(&metric),
                           image = AccessType::VirtualImage(metric),
                           flag = AccessType::Flag(metric)]() noexcept {
      AccessType::VirtualImage(*kept) = image;
      AccessType::Flag(*kept) = flag;
      AccessType::Touch(*kept);
    });
  }

  /** Remember the masks of an image metric.
   * \tparam TImageMetric a type of itk::ImageToImageMetricv4 */
  template <typename TImageMetric>
  void
  KeepMasks(TImageMetric & metric)
  {
    using AccessType = Access<TImageMetric>;
    m_Restorers.push_back([kept = SmartPointer<TImageMetric>(&metric),
                           fixedMask = AccessType::FixedMask(metric),
                           movingMask = AccessType::MovingMask(metric)]() noexcept {
      AccessType::FixedMask(*kept) = fixedMask;
      AccessType::MovingMask(*kept) = movingMask;
      AccessType::Touch(*kept);
    });
  }

  ~MetricStateGuard()
  {
    for (const auto & restore : m_Restorers)
    {
      restore();
    }
  }

private:
  /** Reaches protected members of a metric, whose setters send events, or of which there are none. It has no
   * instances. */
  template <typename TMetric>
  class Access : public TMetric
  {
  public:
    static auto &
    VirtualImage(TMetric & metric)
    {
      return metric.*(&Access::m_VirtualImage);
    }
    static bool &
    Flag(TMetric & metric)
    {
      return metric.*(&Access::m_UserHasSetVirtualDomain);
    }
    static auto &
    FixedMask(TMetric & metric)
    {
      return metric.*(&Access::m_FixedImageMask);
    }
    static auto &
    MovingMask(TMetric & metric)
    {
      return metric.*(&Access::m_MovingImageMask);
    }
    /** Modified(), but for the event. */
    static void
    Touch(TMetric & metric)
    {
      TimeStamp now;
      now.Modified();
      (metric.*(&Access::SetTimeStamp))(now);
    }
  };

  std::vector<std::function<void()>> m_Restorers{};
};
} // end namespace itk

#endif // itkMetricStateGuard_h
