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
#ifndef itkSampledTransformTestHelpers_h
#define itkSampledTransformTestHelpers_h

#include "itkMaskedSamplingTestHelpers.h"

#include "itkAffineTransform.h"
#include "itkBSplineTransform.h"
#include "itkCompositeTransform.h"
#include "itkEuler2DTransform.h"
#include "itkEuler3DTransform.h"
#include "itkIdentityTransform.h"
#include "itkScaleVersor3DTransform.h"
#include "itkSimilarity2DTransform.h"
#include "itkSimilarity3DTransform.h"
#include "itkTranslationTransform.h"

#include <initializer_list>
#include <random>
#include <string>
#include <utility>
#include <vector>

/** Transforms of all kinds, with random parameters, near the identity. */
namespace itk::MaskedSamplingTest
{
template <unsigned int VDimension>
using CompositeOf = CompositeTransform<double, VDimension>;

/** A transform and what to call it when a test fails. */
template <unsigned int VDimension>
struct NamedTransform
{
  std::string                               Name;
  typename TransformOf<VDimension>::Pointer Transform;
};

/** Change every parameter at random: by up to an amount. */
template <unsigned int VDimension>
void
Perturb(TransformOf<VDimension> & transform, std::mt19937 & random, double amount)
{
  std::uniform_real_distribution<> change(-amount, amount);
  auto                             parameters = transform.GetParameters();
  for (double & parameter : parameters)
  {
    parameter += change(random);
  }
  transform.SetParameters(parameters);
}

/** A transform with a center, and its parameters changed: by a little, and those that translate by more. */
template <typename TTransform>
typename TTransform::Pointer
MakeRandomTransform(std::mt19937 & random)
{
  constexpr unsigned int           dimension = TTransform::InputSpaceDimension;
  std::uniform_real_distribution<> position(-3.0, 3.0);
  auto                             transform = TTransform::New();
  Point<double, dimension>         center;
  Vector<double, dimension>        translation;
  for (unsigned int d = 0; d < dimension; ++d)
  {
    center[d] = position(random);
    translation[d] = 0.3 * position(random);
  }
  transform->SetCenter(center);
  transform->SetTranslation(translation);
  Perturb<dimension>(*transform, random, 0.05);
  return transform;
}

template <unsigned int VDimension>
typename TranslationTransform<double, VDimension>::Pointer
MakeRandomTranslation(std::mt19937 & random)
{
  auto transform = TranslationTransform<double, VDimension>::New();
  Perturb<VDimension>(*transform, random, 1.0);
  return transform;
}

/** A B-spline whose domain is oblique and anisotropic, around the origin of space. */
template <unsigned int VDimension, unsigned int VSplineOrder = 3>
typename BSplineTransform<double, VDimension, VSplineOrder>::Pointer
MakeRandomSpline(std::mt19937 & random, double extent, double amount = 0.5)
{
  std::uniform_real_distribution<>             factor(0.8, 1.2);
  std::uniform_int_distribution<>              meshSize(2, VDimension == 2 ? 6 : 3);
  auto                                         transform = BSplineTransform<double, VDimension, VSplineOrder>::New();
  Vector<double, VDimension>                   dimensions;
  Size<VDimension>                             mesh;
  Point<double, VDimension>                    origin;
  const Matrix<double, VDimension, VDimension> direction(MakeRandomDirection<VDimension>(random));
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    dimensions[d] = extent * factor(random);
    mesh[d] = static_cast<SizeValueType>(meshSize(random));
  }
  origin.Fill(0.0);
  origin -= direction * (dimensions * 0.5);
  transform->SetTransformDomainOrigin(origin);
  transform->SetTransformDomainDirection(direction);
  transform->SetTransformDomainPhysicalDimensions(dimensions);
  transform->SetTransformDomainMeshSize(mesh);
  Perturb<VDimension>(*transform, random, amount);
  return transform;
}

/** A composite of parts, the last of which is applied first, each with whether it is optimised. */
template <unsigned int VDimension>
typename CompositeOf<VDimension>::Pointer
MakeComposite(const std::vector<std::pair<typename TransformOf<VDimension>::Pointer, bool>> & parts)
{
  auto composite = CompositeOf<VDimension>::New();
  for (const auto & part : parts)
  {
    composite->AddTransform(part.first);
  }
  for (size_t n = 0; n < parts.size(); ++n)
  {
    composite->SetNthTransformToOptimize(n, parts[n].second);
  }
  return composite;
}

/** Transforms that are affine in the point. */
template <unsigned int VDimension>
std::vector<NamedTransform<VDimension>>
MakeAffineTransforms(std::mt19937 & random)
{
  using AffineType = AffineTransform<double, VDimension>;
  const auto affine = [&random] { return MakeRandomTransform<AffineType>(random); };
  const auto translation = [&random] { return MakeRandomTranslation<VDimension>(random); };

  std::vector<NamedTransform<VDimension>> transforms{ { "translation", translation() }, { "affine", affine() } };
  if constexpr (VDimension == 2)
  {
    transforms.push_back({ "Euler", MakeRandomTransform<Euler2DTransform<double>>(random) });
    transforms.push_back({ "similarity", MakeRandomTransform<Similarity2DTransform<double>>(random) });
  }
  if constexpr (VDimension == 3)
  {
    transforms.push_back({ "Euler", MakeRandomTransform<Euler3DTransform<double>>(random) });
    transforms.push_back({ "similarity", MakeRandomTransform<Similarity3DTransform<double>>(random) });
    transforms.push_back({ "scale versor", MakeRandomTransform<ScaleVersor3DTransform<double>>(random) });
  }
  const auto identity = IdentityTransform<double, VDimension>::New();
  transforms.push_back(
    { "identity and translation", MakeComposite<VDimension>({ { identity, false }, { translation(), true } }) });
  transforms.push_back({ "two optimised", MakeComposite<VDimension>({ { affine(), true }, { affine(), true } }) });
  transforms.push_back(
    { "first of three optimised",
      MakeComposite<VDimension>({ { affine(), true }, { affine(), false }, { translation(), false } }) });
  transforms.push_back({ "second of three optimised",
                         MakeComposite<VDimension>({ { affine(), false }, { affine(), true }, { affine(), false } }) });
  transforms.push_back(
    { "outer two optimised",
      MakeComposite<VDimension>({ { affine(), true }, { affine(), false }, { translation(), true } }) });
  transforms.push_back(
    { "composite in a composite",
      MakeComposite<VDimension>(
        { { MakeComposite<VDimension>({ { affine(), true }, { affine(), false } }), true }, { affine(), false } }) });
  return transforms;
}

/** Transforms with an optimised B-spline. */
template <unsigned int VDimension>
std::vector<NamedTransform<VDimension>>
MakeSplineTransforms(std::mt19937 & random, double extent)
{
  const auto affine = [&random] { return MakeRandomTransform<AffineTransform<double, VDimension>>(random); };
  const auto spline = [&random, extent] { return MakeRandomSpline<VDimension>(random, extent); };
  return { { "B-spline", spline() },
           { "B-spline in a composite", MakeComposite<VDimension>({ { spline(), true } }) },
           { "B-spline before affine", MakeComposite<VDimension>({ { affine(), false }, { spline(), true } }) },
           { "B-spline after affine", MakeComposite<VDimension>({ { spline(), true }, { affine(), false } }) },
           { "B-spline between affine",
             MakeComposite<VDimension>(
               { { affine(), false }, { spline(), true }, { affine(), false }, { affine(), false } }) } };
}
} // namespace itk::MaskedSamplingTest

#endif // itkSampledTransformTestHelpers_h
