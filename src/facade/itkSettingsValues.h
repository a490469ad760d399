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
#ifndef itkSettingsValues_h
#define itkSettingsValues_h

#include "facade/itkSettingsTable.h"

#include "itkMacro.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <type_traits>

/** How settings are checked, and get and give values of any type. */
namespace itk::SettingsValues
{
using Settings = MaskedRegistrationSettings;
using TextsType = SettingsTable::TextsType;
using RangeType = SettingsTable::RangeType;

[[noreturn]] inline void
Refuse(const std::string & name, const std::string & problem)
{
  itkGenericExceptionMacro(<< name << ": " << problem);
}

template <typename TValue>
std::string
ToText(const TValue & value)
{
  std::ostringstream os;
  os << value;
  return os.str();
}

inline std::string
Join(const TextsType & texts)
{
  std::string joined;
  for (const auto & text : texts)
  {
    joined += (joined.empty() ? "" : ", ") + text;
  }
  return joined;
}

inline void
CheckText(const std::string & name, const std::string & text, const TextsType & choices)
{
  if (std::find(choices.begin(), choices.end(), text) == choices.end())
  {
    Refuse(name, '"' + text + "\" is none of " + Join(choices) + '.');
  }
}

inline void
CheckNumber(const std::string & name, double number, RangeType range)
{
  if (!std::isfinite(number))
  {
    Refuse(name, ToText(number) + " is not a finite number.");
  }
  if (range == RangeType::NotNegative && number < 0.0)
  {
    Refuse(name, ToText(number) + " is negative. It must be 0 or more.");
  }
  if (range == RangeType::Positive && number <= 0.0)
  {
    Refuse(name, ToText(number) + " is not greater than 0.");
  }
  if (range == RangeType::Fraction && !(number > 0.0 && number <= 1.0))
  {
    Refuse(name, ToText(number) + " is not in (0, 1]: a fraction of the mask voxels, not a number of percent.");
  }
  if (range == RangeType::BelowOne && !(number >= 0.0 && number < 1.0))
  {
    Refuse(name, ToText(number) + " is not in [0, 1).");
  }
}

template <typename TValue>
struct IsVector : std::false_type
{};
template <typename TValue>
struct IsVector<std::vector<TValue>> : std::true_type
{};

/** Check the value of a member. */
struct Checker
{
  void
  operator()(const std::string & name, const std::string & text, const TextsType & choices) const
  {
    CheckText(name, text, choices);
  }
  template <typename TValue>
  void
  operator()(const std::string & name, const TValue & value, RangeType range) const
  {
    if constexpr (IsVector<TValue>::value)
    {
      for (const auto number : value)
      {
        CheckNumber(name, static_cast<double>(number), range);
      }
    }
    else
    {
      CheckNumber(name, static_cast<double>(value), range);
    }
  }
};

template <typename TNumber>
TNumber
ToNumber(const std::string & name, double number)
{
  if constexpr (std::is_same_v<TNumber, double>)
  {
    return number;
  }
  else if constexpr (std::is_same_v<TNumber, bool>)
  {
    if (number != 0.0 && number != 1.0)
    {
      Refuse(name, ToText(number) + " is neither true nor false.");
    }
    return number != 0.0;
  }
  else
  {
    constexpr double largest = 9007199254740992.0; // 2^53: beyond, a double is not every integer
    constexpr double smallest = std::is_unsigned_v<TNumber> ? 0.0 : -largest;
    if (!(number >= smallest && number <= largest) || number != std::floor(number))
    {
      Refuse(name,
             ToText(number) + (std::is_unsigned_v<TNumber> ? " is not an integer of at least 0." : " is no integer."));
    }
    return static_cast<TNumber>(number);
  }
}

template <typename TMember>
std::string
KindOf()
{
  if constexpr (std::is_same_v<TMember, std::string>)
  {
    return "text";
  }
  else if constexpr (std::is_same_v<TMember, bool>)
  {
    return "flag";
  }
  else if constexpr (std::is_same_v<TMember, double>)
  {
    return "number";
  }
  else if constexpr (std::is_same_v<TMember, SizeValueType>)
  {
    return "count";
  }
  else if constexpr (std::is_same_v<TMember, Settings::NumbersType>)
  {
    return "numbers";
  }
  else if constexpr (std::is_same_v<TMember, Settings::CountsType>)
  {
    return "counts";
  }
  else
  {
    return "integers";
  }
}

/** Give a member a value. */
template <typename TMember>
void
Assign(const std::string & name, TMember & member, const Settings::ValueType & value)
{
  if constexpr (std::is_same_v<TMember, std::string>)
  {
    if (!std::holds_alternative<std::string>(value))
    {
      Refuse(name, "a text is needed.");
    }
    member = std::get<std::string>(value);
  }
  else
  {
    if (!std::holds_alternative<Settings::NumbersType>(value))
    {
      Refuse(name, "a number is needed, not \"" + std::get<std::string>(value) + "\".");
    }
    const auto & numbers = std::get<Settings::NumbersType>(value);
    if constexpr (IsVector<TMember>::value)
    {
      TMember members;
      for (const double number : numbers)
      {
        members.push_back(ToNumber<typename TMember::value_type>(name, number));
      }
      member = members;
    }
    else
    {
      if (numbers.size() != 1)
      {
        Refuse(name, "one number is needed, not " + ToText(numbers.size()) + '.');
      }
      member = ToNumber<TMember>(name, numbers.front());
    }
  }
}

template <typename TMember>
Settings::ValueType
ToValue(const TMember & member)
{
  if constexpr (std::is_same_v<TMember, std::string>)
  {
    return member;
  }
  else if constexpr (IsVector<TMember>::value)
  {
    return Settings::NumbersType(member.begin(), member.end());
  }
  else
  {
    return Settings::NumbersType{ static_cast<double>(member) };
  }
}

/** Call a function with the member of a name, and what it can be. */
template <typename TSettings, typename TFunction>
void
VisitSetting(TSettings & settings, const std::string & name, const TFunction & function)
{
  bool      found = false;
  TextsType names;
  SettingsTable::Visit(settings, [&](const std::string & other, auto & member, const auto & limits) {
    names.push_back(other);
    if (other == name)
    {
      found = true;
      function(member, limits);
    }
  });
  if (!found)
  {
    Refuse(name, "there is no setting of this name. There are: " + Join(names) + '.');
  }
}
} // namespace itk::SettingsValues

#endif // itkSettingsValues_h
