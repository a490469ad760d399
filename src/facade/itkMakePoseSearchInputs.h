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
#ifndef itkMakePoseSearchInputs_h
#define itkMakePoseSearchInputs_h

#include "facade/itkRegistrationInputs.h"
#include "search/itkPoseSearch.h"

#include <atomic>

namespace itk
{
/** What a search for poses is given of a registration: all but its samples and its range.
 * \param toMoving what is applied after the poses */
template <typename TImage>
typename PoseSearch<TImage>::InputsType
MakePoseSearchInputs(const RegistrationInputs<TImage> &                         inputs,
                     const MaskedRegistrationSettings &                         settings,
                     const typename RegistrationInputs<TImage>::TransformType * toMoving,
                     const std::atomic<bool> &                                  isAborting)
{
  typename PoseSearch<TImage>::InputsType made;
  made.FixedImage = inputs.FixedImage;
  made.MovingImage = inputs.MovingImage;
  made.MovingMask = inputs.MovingImageMask;
  made.ToFixed = inputs.FixedInitialTransform;
  made.ToMoving = toMoving;
  made.VoxelLength = inputs.GetShortestSpacing();
  made.NumberOfWorkUnits = RegistrationInputs<TImage>::GetNumberOfWorkUnits(settings);
  made.IsAborting = &isAborting;
  return made;
}
} // end namespace itk

#endif // itkMakePoseSearchInputs_h
