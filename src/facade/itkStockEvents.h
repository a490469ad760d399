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
#ifndef itkStockEvents_h
#define itkStockEvents_h

#include "itkEventObject.h"

namespace itk
{
// What those see who observe ITK's own classes, which a stage with StockOptimizer tells in addition: the start and the
// end of the registration method, when the optimizer is there; and all events of the optimizer but IterationEvent and
// DeleteEvent, from the start of the first level on.
itkEventMacroDeclaration(MethodStartEvent, UserEvent);
itkEventMacroDeclaration(MethodEndEvent, UserEvent);
itkEventMacroDeclaration(OptimizerEvent, UserEvent);
} // end namespace itk

#endif // itkStockEvents_h
