// SPDX-License-Identifier: Apache-2.0
#include "CoreRegistration.h"

using namespace MaskedSamplingCore;

masked_sampling_registration *
masked_sampling_create(uint32_t dimension, uint32_t bytes)
{
  masked_sampling_registration * registration = nullptr;
  Call([&] {
    const bool isDouble = IsDouble(bytes);
    if (dimension == 2)
    {
      registration = isDouble ? static_cast<masked_sampling_registration *>(new Registration<itk::Image<double, 2>>)
                              : new Registration<itk::Image<float, 2>>;
    }
    else if (dimension == 3)
    {
      registration = isDouble ? static_cast<masked_sampling_registration *>(new Registration<itk::Image<double, 3>>)
                              : new Registration<itk::Image<float, 3>>;
    }
    else
    {
      itkGenericExceptionMacro("Images of 2 or 3 dimensions can be registered, not of " << dimension << '.');
    }
  });
  return registration;
}

void
masked_sampling_destroy(masked_sampling_registration * registration)
{
  delete registration;
}

int
masked_sampling_set_image(masked_sampling_registration *   registration,
                          const char *                     role,
                          const void *                     pixels,
                          const masked_sampling_geometry * geometry)
{
  return Call([&] { Need(registration, "registration").SetImage(NeedText(role, "role"), pixels, geometry); });
}

int
masked_sampling_add_channel(masked_sampling_registration * registration, const char * metric, double weight)
{
  return Call([&] { Need(registration, "registration").AddChannel(NeedText(metric, "metric"), weight); });
}

int
masked_sampling_set_metric_weight(masked_sampling_registration * registration, double weight)
{
  return Call([&] { Need(registration, "registration").SetMetricWeight(weight); });
}

int
masked_sampling_set_domain(masked_sampling_registration * registration, const masked_sampling_geometry * geometry)
{
  return Call([&] { Need(registration, "registration").SetDomain(Need(geometry, "geometry")); });
}

int
masked_sampling_set_transform(masked_sampling_registration * registration,
                              const char *                   role,
                              const masked_sampling_chain *  chain)
{
  return Call([&] { Need(registration, "registration").SetTransform(NeedText(role, "role"), Need(chain, "chain")); });
}

int
masked_sampling_set_points(masked_sampling_registration * registration, const double * points, size_t number)
{
  return Call([&] { Need(registration, "registration").SetPoints(NeedArray(points, number, "points"), number); });
}

int
masked_sampling_run(masked_sampling_registration * registration, masked_sampling_callback callback, void * data)
{
  return Call([&] { Need(registration, "registration").Run(callback, data); });
}

int
masked_sampling_stop(masked_sampling_registration * registration)
{
  bool canStop = false;
  Call([&] { canStop = Need(registration, "registration").Stop(); });
  return canStop ? 1 : 0;
}

void
masked_sampling_finish(masked_sampling_registration * registration)
{
  Call([&] { Need(registration, "registration").Finish(); });
}

void
masked_sampling_abort(masked_sampling_registration * registration)
{
  Call([&] { Need(registration, "registration").Abort(); });
}

int
masked_sampling_evaluate(masked_sampling_registration * registration, double * value)
{
  return Call([&] { Need(value, "value") = Need(registration, "registration").Evaluate(); });
}

int
masked_sampling_get_numbers(masked_sampling_registration * registration,
                            const char *                   name,
                            const double **                numbers,
                            size_t *                       number)
{
  return Call([&] {
    auto & kept = Need(registration, "registration").Numbers;
    Need(numbers, "numbers");
    Need(number, "number");
    registration->GetNumbers(NeedText(name, "name"), kept);
    *numbers = kept.data();
    *number = kept.size();
  });
}

const char *
masked_sampling_get_text(masked_sampling_registration * registration, const char * name)
{
  return CallForText([&] { return Need(registration, "registration").GetText(NeedText(name, "name")); });
}

const char *
masked_sampling_get_stop_condition(masked_sampling_registration * registration, int64_t report)
{
  return CallForText([&] { return Need(registration, "registration").GetStopCondition(report); });
}

int
masked_sampling_get_transform(masked_sampling_registration * registration,
                              const char *                   role,
                              masked_sampling_chain *        chain)
{
  return Call([&] { Need(registration, "registration").GetTransform(NeedText(role, "role"), Need(chain, "chain")); });
}
