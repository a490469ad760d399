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
#ifndef itkVectorInstructions_h
#define itkVectorInstructions_h

/** \file
 * What compilers need to be told for instructions that work on several numbers at once.
 *
 * - ITK_VECTOR_INSTRUCTIONS: there are types for vectors of numbers, of GCC and clang.
 * - ITK_VECTOR_INSTRUCTIONS_X86: functions can be compiled for processors that have more than others.
 * - ITK_VECTOR_INSTRUCTIONS_INLINE: of a function that is compiled for whatever processor its caller is for.
 * - ITK_VECTOR_INSTRUCTIONS_UNROLL: before a loop of few turns, over an array that is to stay in registers.
 * - ITK_VECTOR_INSTRUCTIONS_CONVERT: of vectors, or of single numbers where there are none.
 */

#if defined(__clang__) || (defined(__GNUC__) && __GNUC__ >= 9)
#  define ITK_VECTOR_INSTRUCTIONS
#  define ITK_VECTOR_INSTRUCTIONS_INLINE inline __attribute__((always_inline))
#  define ITK_VECTOR_INSTRUCTIONS_CONVERT(value, type) __builtin_convertvector(value, type)
#  if defined(__clang__)
#    define ITK_VECTOR_INSTRUCTIONS_UNROLL
#  else
#    define ITK_VECTOR_INSTRUCTIONS_UNROLL _Pragma("GCC unroll 4")
#  endif
// GCC does not align AVX registers on the stack of Windows.
#  if defined(__x86_64__) && !defined(_WIN32)
#    define ITK_VECTOR_INSTRUCTIONS_X86
#  endif
#else
#  define ITK_VECTOR_INSTRUCTIONS_INLINE inline
#  define ITK_VECTOR_INSTRUCTIONS_UNROLL
#  define ITK_VECTOR_INSTRUCTIONS_CONVERT(value, type) static_cast<type>(value)
#endif

#endif // itkVectorInstructions_h
