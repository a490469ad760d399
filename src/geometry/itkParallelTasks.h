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
#ifndef itkParallelTasks_h
#define itkParallelTasks_h

#include "itkMultiThreaderBase.h"

#include <algorithm>
#include <atomic>

namespace itk
{
/** \class ParallelTasks
 * \brief Shares numbered tasks among threads: each takes the next few until none is left.
 *
 * Which thread has which task is left to chance, so a task must write to nothing but its own place.
 *
 * \ingroup MaskedSampling
 */
class ParallelTasks
{
public:
  /** Call work(next) once in each work unit. There, next(function) calls function(task) for every task that falls to
   * the work unit; before and after it, a work unit can have things of its own. */
  template <typename TWork>
  static void
  Share(SizeValueType numberOfTasks, ThreadIdType numberOfWorkUnits, const TWork & work)
  {
    const auto numberOfUnits =
      static_cast<ThreadIdType>(std::max<SizeValueType>(std::min<SizeValueType>(numberOfWorkUnits, numberOfTasks), 1));
    const SizeValueType grain = std::max<SizeValueType>(numberOfTasks / (16 * SizeValueType{ numberOfUnits }), 1);
    std::atomic<SizeValueType> next{ 0 };
    const auto                 workOnUnit = [&](SizeValueType) {
      work([&](const auto & function) {
        for (SizeValueType first = next.fetch_add(grain); first < numberOfTasks; first = next.fetch_add(grain))
        {
          const SizeValueType end = std::min(first + grain, numberOfTasks);
          for (SizeValueType task = first; task < end; ++task)
          {
            function(task);
          }
        }
      });
    };
    if (numberOfUnits == 1)
    {
      workOnUnit(0);
      return;
    }
    const auto threader = MultiThreaderBase::New();
    threader->SetNumberOfWorkUnits(numberOfUnits);
    threader->ParallelizeArray(0, numberOfUnits, workOnUnit, nullptr);
  }

  /** Call function(task) for every task. */
  template <typename TFunction>
  static void
  ForEach(SizeValueType numberOfTasks, ThreadIdType numberOfWorkUnits, const TFunction & function)
  {
    Share(numberOfTasks, numberOfWorkUnits, [&function](const auto & next) { next(function); });
  }
};
} // end namespace itk

#endif // itkParallelTasks_h
