// SPDX-License-Identifier: Apache-2.0
#include "CoreChain.h"

#include "CoreCalls.h"
#include "CoreLocale.h"
#include "CorePart.h"
#include "CoreTransformFiles.h"

#include "metric/itkTransformJacobian.h"

#include "itkBSplineTransform.h"
#include "itkDisplacementFieldTransform.h"
#include "itkGaussianSmoothingOnUpdateDisplacementFieldTransform.h"
#include "itkHDF5TransformIOFactory.h"
#include "itkMatlabTransformIOFactory.h"
#include "itkTransformFactory.h"
#include "itkTransformFileWriter.h"
#include "itkTxtTransformIOFactory.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace MaskedSamplingCore
{
namespace
{
template <unsigned int VDimension>
void
RegisterSplines()
{
  // ITK knows cubic ones by itself.
  itk::TransformFactory<itk::BSplineTransform<double, VDimension, 0>>::RegisterTransform();
  itk::TransformFactory<itk::BSplineTransform<double, VDimension, 1>>::RegisterTransform();
  itk::TransformFactory<itk::BSplineTransform<double, VDimension, 2>>::RegisterTransform();
}

std::string
GetSuffix(unsigned int dimension)
{
  return "_double_" + std::to_string(dimension) + '_' + std::to_string(dimension);
}

/** A transform without its parameters, to which those of a part fit. */
template <unsigned int VDimension>
typename itk::Transform<double, VDimension, VDimension>::Pointer
CreateTransform(const masked_sampling_chain::Part & part)
{
  using TransformType = itk::Transform<double, VDimension, VDimension>;
  // Also empty parts, of which a transform keeps what it begins with.
  CheckPart(part.Name,
            part.FixedParameters.data(),
            part.FixedParameters.size(),
            part.Parameters.data(),
            part.Parameters.size());
  const auto created = itk::ObjectFactoryBase::CreateInstance(GetKnownName(part.Name).c_str());
  if (created.IsNotNull())
  {
    created->UnRegister(); // it comes with a reference too many
  }
  const typename TransformType::Pointer transform = dynamic_cast<TransformType *>(created.GetPointer());
  if (transform.IsNull())
  {
    itkGenericExceptionMacro("transform: ITK has no \"" << part.Name << "\" of " << VDimension
                                                        << " dimensions, of the form \"Euler" << VDimension
                                                        << "DTransform" << GetSuffix(VDimension) << "\".");
  }
  const auto check = [&part](const char * name, itk::SizeValueType expected, itk::SizeValueType given) {
    if (expected != given)
    {
      itkGenericExceptionMacro("transform: \"" << part.Name << "\" has " << expected << ' ' << name << ", not " << given
                                               << '.');
    }
  };
  const size_t numberOfOwn = transform->GetFixedParameters().Size();
  const size_t numberOfFixed = part.FixedParameters.size();
  if (numberOfFixed > 0 || numberOfOwn == 0)
  {
    using SmoothedType = itk::GaussianSmoothingOnUpdateDisplacementFieldTransform<double, VDimension>;
    const bool hasVariances =
      numberOfFixed == numberOfOwn + 2 && dynamic_cast<const SmoothedType *>(transform.GetPointer()) != nullptr;
    check("fixed parameters", numberOfOwn, numberOfFixed - (hasVariances ? 2 : 0));
  }
  if (numberOfFixed == 0 || !HasGrid(part.Name)) // whose fixed parameters tell how many there are
  {
    check("parameters", transform->GetNumberOfParameters(), part.Parameters.size());
  }
  return transform;
}

template <unsigned int VDimension>
typename itk::Transform<double, VDimension, VDimension>::Pointer
MakeTransform(const masked_sampling_chain::Part & part)
{
  using TransformType = itk::Transform<double, VDimension, VDimension>;
  const auto                                  transform = CreateTransform<VDimension>(part);
  typename TransformType::FixedParametersType fixedParameters(part.FixedParameters.size());
  std::copy(part.FixedParameters.begin(), part.FixedParameters.end(), fixedParameters.begin());
  using SmoothedType = itk::GaussianSmoothingOnUpdateDisplacementFieldTransform<double, VDimension>;
  auto * const             smoothed = dynamic_cast<SmoothedType *>(transform.GetPointer());
  const itk::SizeValueType numberOfOwn = transform->GetFixedParameters().Size();
  if (smoothed != nullptr && fixedParameters.size() == numberOfOwn + 2)
  {
    // ITK keeps these two elsewhere.
    smoothed->SetGaussianSmoothingVarianceForTheUpdateField(fixedParameters[numberOfOwn]);
    smoothed->SetGaussianSmoothingVarianceForTheTotalField(fixedParameters[numberOfOwn + 1]);
    fixedParameters.SetSize(numberOfOwn);
    std::copy_n(part.FixedParameters.begin(), numberOfOwn, fixedParameters.begin());
  }
  if (fixedParameters.size() > 0 || numberOfOwn == 0)
  {
    transform->SetFixedParameters(fixedParameters);
  }
  if (transform->GetNumberOfParameters() != part.Parameters.size())
  {
    itkGenericExceptionMacro("transform: \"" << part.Name << "\" has " << transform->GetNumberOfParameters()
                                             << " parameters, not " << part.Parameters.size() << '.');
  }
  typename TransformType::ParametersType parameters(part.Parameters.size());
  std::copy(part.Parameters.begin(), part.Parameters.end(), parameters.begin());
  transform->SetParametersByValue(parameters);
  return transform;
}

template <unsigned int VDimension>
void
MapPoints(const masked_sampling_chain & chain, const double * points, size_t number, double * mapped)
{
  const auto transform = MakeComposite<VDimension>(chain);
  for (size_t n = 0; n < number; ++n)
  {
    itk::Point<double, VDimension> point;
    std::copy_n(points + n * VDimension, VDimension, point.Begin());
    point = transform->TransformPoint(point);
    std::copy_n(point.Begin(), VDimension, mapped + n * VDimension);
  }
}

template <unsigned int VDimension>
void
FindJacobians(const masked_sampling_chain & chain,
              const double *                points,
              size_t                        number,
              double                        voxel,
              double *                      determinants)
{
  const auto                                  transform = MakeComposite<VDimension>(chain);
  std::vector<itk::Point<double, VDimension>> places(number);
  for (size_t n = 0; n < number; ++n)
  {
    std::copy_n(points + n * VDimension, VDimension, places[n].Begin());
  }
  const auto units = itk::MultiThreaderBase::GetGlobalDefaultNumberOfThreads();
  const auto found = itk::TransformJacobian<VDimension>(*transform, voxel).ComputeDeterminants(places, units);
  std::copy(found.begin(), found.end(), determinants);
}

template <unsigned int VDimension>
void
Write(const std::string & path, const masked_sampling_chain & chain)
{
  const auto composite = MakeComposite<VDimension>(chain);
  const auto writer = itk::TransformFileWriter::New();
  writer->SetFileName(path);
  if (composite->GetNumberOfTransforms() == 1)
  {
    writer->SetInput(composite->GetNthTransform(0));
  }
  else
  {
    writer->SetInput(composite);
  }
  writer->Update();
}
const masked_sampling_chain::Part &
GetPart(const masked_sampling_chain * chain, size_t index)
{
  const auto & parts = Need(chain, "chain").Parts;
  if (index >= parts.size())
  {
    itkGenericExceptionMacro("index: there is no part " << index << ", but " << parts.size() << ", counted from 0.");
  }
  return parts[index];
}
} // namespace

std::string
GetKnownName(const std::string & name)
{
  std::string       known = name;
  const std::string base = "MatrixOffsetTransformBase_";
  if (known.compare(0, base.size(), base) == 0)
  {
    known.replace(0, base.size(), "AffineTransform_");
  }
  const std::string single = "_float_";
  const size_t      place = known.find(single);
  return place == std::string::npos ? known : known.replace(place, single.size(), "_double_");
}

void
CheckPart(const masked_sampling_chain::Part & part, unsigned int dimension)
{
  if (dimension == 2)
  {
    CreateTransform<2>(part);
  }
  else
  {
    CreateTransform<3>(part);
  }
}

void
RegisterTransforms()
{
  itk::TransformFactoryBase::RegisterDefaultTransforms();
  RegisterSplines<2>();
  RegisterSplines<3>();
  itk::HDF5TransformIOFactory::RegisterOneFactory();
  itk::MatlabTransformIOFactory::RegisterOneFactory();
  itk::TxtTransformIOFactory::RegisterOneFactory();
}

template <unsigned int VDimension>
typename itk::CompositeTransform<double, VDimension>::Pointer
MakeComposite(const masked_sampling_chain & chain)
{
  const auto composite = itk::CompositeTransform<double, VDimension>::New();
  for (const auto & part : chain.Parts)
  {
    composite->AddTransform(MakeTransform<VDimension>(part));
  }
  composite->FlattenTransformQueue();
  return composite;
}
template itk::CompositeTransform<double, 2>::Pointer
MakeComposite<2>(const masked_sampling_chain &);
template itk::CompositeTransform<double, 3>::Pointer
MakeComposite<3>(const masked_sampling_chain &);

void
AppendTransform(const itk::TransformBase & transform, masked_sampling_chain & chain)
{
  const auto appendParts = [&chain](const auto * composite) {
    for (itk::SizeValueType n = 0; composite != nullptr && n < composite->GetNumberOfTransforms(); ++n)
    {
      AppendTransform(*composite->GetNthTransformConstPointer(n), chain);
    }
    return composite != nullptr;
  };
  if (appendParts(dynamic_cast<const itk::CompositeTransform<double, 2> *>(&transform)) ||
      appendParts(dynamic_cast<const itk::CompositeTransform<double, 3> *>(&transform)))
  {
    return;
  }
  masked_sampling_chain::Part part{ transform.GetTransformTypeAsString(), {}, {} };
  // How a field is smoothed while it is found is nothing that others need to know.
  const bool isField = dynamic_cast<const itk::DisplacementFieldTransform<double, 2> *>(&transform) != nullptr ||
                       dynamic_cast<const itk::DisplacementFieldTransform<double, 3> *>(&transform) != nullptr;
  if (isField)
  {
    part.Name = "DisplacementFieldTransform" + GetSuffix(transform.GetInputSpaceDimension());
  }
  part.Name = GetKnownName(part.Name);
  const auto & fixedParameters = transform.GetFixedParameters();
  const auto & parameters = transform.GetParameters();
  part.FixedParameters.assign(fixedParameters.begin(), fixedParameters.end());
  part.Parameters.assign(parameters.begin(), parameters.end());
  if (part.Name.rfind("AffineTransform_", 0) == 0)
  {
    // The inverse of an itk::Euler3DTransform, which is a matrix and an offset, also has its order of rotations.
    part.FixedParameters.resize(transform.GetInputSpaceDimension());
  }
  CheckPart(part.Name,
            part.FixedParameters.data(),
            part.FixedParameters.size(),
            part.Parameters.data(),
            part.Parameters.size());
  chain.Parts.push_back(std::move(part));
}
} // namespace MaskedSamplingCore

using namespace MaskedSamplingCore;

masked_sampling_chain *
masked_sampling_chain_create()
{
  return new (std::nothrow) masked_sampling_chain;
}

void
masked_sampling_chain_destroy(masked_sampling_chain * chain)
{
  delete chain;
}

int
masked_sampling_chain_add(masked_sampling_chain * chain,
                          const char *            name,
                          const double *          fixed_parameters,
                          size_t                  number_of_fixed_parameters,
                          const double *          parameters,
                          size_t                  number_of_parameters)
{
  return Call([&] {
    NeedArray(fixed_parameters, number_of_fixed_parameters, "fixed_parameters");
    NeedArray(parameters, number_of_parameters, "parameters");
    Need(chain, "chain")
      .Parts.push_back({ NeedText(name, "name"),
                         { fixed_parameters, fixed_parameters + number_of_fixed_parameters },
                         { parameters, parameters + number_of_parameters } });
  });
}

size_t
masked_sampling_chain_length(const masked_sampling_chain * chain)
{
  size_t length = 0;
  Call([&] { length = Need(chain, "chain").Parts.size(); });
  return length;
}

const char *
masked_sampling_chain_name(const masked_sampling_chain * chain, size_t index)
{
  const char * name = nullptr;
  Call([&] { name = GetPart(chain, index).Name.c_str(); });
  return name;
}

int
masked_sampling_chain_get(const masked_sampling_chain * chain,
                          size_t                        index,
                          const double **               fixed_parameters,
                          size_t *                      number_of_fixed_parameters,
                          const double **               parameters,
                          size_t *                      number_of_parameters)
{
  return Call([&] {
    const auto & part = GetPart(chain, index);
    Need(fixed_parameters, "fixed_parameters") = part.FixedParameters.data();
    Need(number_of_fixed_parameters, "number_of_fixed_parameters") = part.FixedParameters.size();
    Need(parameters, "parameters") = part.Parameters.data();
    Need(number_of_parameters, "number_of_parameters") = part.Parameters.size();
  });
}

int
masked_sampling_map_points(uint32_t                      dimension,
                           const masked_sampling_chain * chain,
                           const double *                points,
                           size_t                        number_of_points,
                           double *                      mapped)
{
  return Call([&] {
    CheckDimension(dimension);
    NeedArray(points, number_of_points, "points");
    NeedArray(mapped, number_of_points, "mapped");
    (dimension == 2 ? MapPoints<2> : MapPoints<3>)(Need(chain, "chain"), points, number_of_points, mapped);
  });
}

int
masked_sampling_jacobians(uint32_t                      dimension,
                          const masked_sampling_chain * chain,
                          const double *                points,
                          size_t                        number_of_points,
                          double                        voxel,
                          double *                      determinants)
{
  return Call([&] {
    CheckDimension(dimension);
    NeedArray(points, number_of_points, "points");
    NeedArray(determinants, number_of_points, "determinants");
    const auto find = dimension == 2 ? FindJacobians<2> : FindJacobians<3>;
    find(Need(chain, "chain"), points, number_of_points, voxel, determinants);
  });
}

int
masked_sampling_read_transform(const char * path, uint32_t * dimension, masked_sampling_chain * chain)
{
  return Call([&] {
    Need(dimension, "dimension");
    Need(chain, "chain");
    const PointLocale locale;
    *dimension = ReadChain(NeedText(path, "path"), *chain);
  });
}

int
masked_sampling_write_transform(const char * path, uint32_t dimension, const masked_sampling_chain * chain)
{
  return Call([&] {
    CheckDimension(dimension);
    const PointLocale locale;
    (dimension == 2 ? Write<2> : Write<3>)(NeedText(path, "path"), Need(chain, "chain"));
  });
}
