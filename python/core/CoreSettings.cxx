// SPDX-License-Identifier: Apache-2.0
#include "CoreRegistration.h"

#include <limits>
#include <sstream>

using namespace MaskedSamplingCore;
using Settings = itk::MaskedRegistrationSettings;

namespace
{
/** Lines of name, tab, kind, tab, choices between commas. */
std::string
DescribeSettings()
{
  std::string text;
  for (const auto & description : Settings::Describe())
  {
    text += description.Name + '\t' + description.Kind + '\t';
    for (const auto & choice : description.Choices)
    {
      text += (text.back() == '\t' ? "" : ",") + choice;
    }
    text += '\n';
  }
  return text;
}

/** Lines of name, tab, and a text or numbers between blanks. */
std::string
Print(const Settings & settings)
{
  std::ostringstream os;
  os.imbue(std::locale::classic());
  os.precision(std::numeric_limits<double>::max_digits10);
  for (const auto & description : Settings::Describe())
  {
    os << description.Name << '\t';
    const auto value = settings.Get(description.Name);
    if (std::holds_alternative<std::string>(value))
    {
      os << std::get<std::string>(value);
    }
    else
    {
      for (const double number : std::get<Settings::NumbersType>(value))
      {
        os << number << ' ';
      }
    }
    os << '\n';
  }
  return os.str();
}
} // namespace

const char *
masked_sampling_settings()
{
  return CallForText([] { return DescribeSettings(); });
}

int
masked_sampling_add_stage(masked_sampling_registration * registration, const char * transform, size_t * stage)
{
  return Call(
    [&] { Need(stage, "stage") = Need(registration, "registration").AddStage(NeedText(transform, "transform")); });
}

int
masked_sampling_set_text(masked_sampling_registration * registration,
                         size_t                         stage,
                         const char *                   name,
                         const char *                   text)
{
  return Call(
    [&] { Need(registration, "registration").GetStage(stage).Set(NeedText(name, "name"), NeedText(text, "text")); });
}

int
masked_sampling_set_numbers(masked_sampling_registration * registration,
                            size_t                         stage,
                            const char *                   name,
                            const double *                 numbers,
                            size_t                         number)
{
  return Call([&] {
    NeedArray(numbers, number, "numbers");
    Need(registration, "registration")
      .GetStage(stage)
      .Set(NeedText(name, "name"), Settings::NumbersType(numbers, numbers + number));
  });
}

int
masked_sampling_check_stage(masked_sampling_registration * registration, size_t stage)
{
  return Call([&] { Need(registration, "registration").GetStage(stage).Check(); });
}

const char *
masked_sampling_get_settings(masked_sampling_registration * registration, size_t stage)
{
  return CallForText([&] { return Print(Need(registration, "registration").GetStage(stage).Resolve()); });
}
