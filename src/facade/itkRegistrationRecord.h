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
#ifndef itkRegistrationRecord_h
#define itkRegistrationRecord_h

#include "itkMaskedImageRegistration.h"

#include <chrono>
#include <limits>

namespace itk
{
/** \class RegistrationRecord
 * \brief What is told of the levels and the iterations of a registration.
 * \ingroup MaskedSampling
 */
template <typename TImage>
class RegistrationRecord
{
public:
  using FacadeType = MaskedImageRegistration<TImage>;
  using LevelReport = typename FacadeType::LevelReport;
  using CourseEntry = typename FacadeType::CourseEntry;
  using Progress = typename FacadeType::Progress;
  using SearchReport = typename FacadeType::SearchReport;

  /** Start a level. \param report what is known at its start */
  void
  StartLevel(LevelReport report)
  {
    report.FirstValue = std::numeric_limits<double>::quiet_NaN();
    report.LastValue = report.FirstValue;
    m_Reports.push_back(report);
    m_IsInLevel = true;
    m_Start = ClockType::now();
  }

  void
  Iterate(SizeValueType stage, SizeValueType level, const Progress & progress)
  {
    m_Course.push_back({ stage, level, progress.Iteration, progress.Value });
    if (m_IsInLevel)
    {
      LevelReport & report = m_Reports.back();
      report.FirstValue = report.NumberOfIterations == 0 ? progress.Value : report.FirstValue;
      report.LastValue = progress.Value;
      ++report.NumberOfIterations;
    }
  }

  /** The level has no iterations, but this value. */
  void
  SetValue(double value)
  {
    m_Reports.back().FirstValue = value;
    m_Reports.back().LastValue = value;
  }

  /** The level ends at another value than that of its last iteration. */
  void
  SetLastValue(double value)
  {
    m_Reports.back().LastValue = value;
  }

  void
  EndLevel(const std::string & stopCondition)
  {
    LevelReport & report = m_Reports.back();
    report.Seconds = std::chrono::duration<double>(ClockType::now() - m_Start).count();
    report.StopCondition = stopCondition;
    m_IsInLevel = false;
  }

  bool
  IsInLevel() const
  {
    return m_IsInLevel;
  }
  /** Whether the last level had an iteration. */
  bool
  HasIterations() const
  {
    return !m_Reports.empty() && m_Reports.back().NumberOfIterations > 0;
  }
  const std::vector<LevelReport> &
  GetReports() const
  {
    return m_Reports;
  }
  void
  SetSearchReport(const SearchReport & report)
  {
    m_SearchReport = report;
  }
  const SearchReport &
  GetSearchReport() const
  {
    return m_SearchReport;
  }
  const std::vector<CourseEntry> &
  GetCourse() const
  {
    return m_Course;
  }

private:
  using ClockType = std::chrono::steady_clock;

  std::vector<LevelReport> m_Reports{};
  std::vector<CourseEntry> m_Course{};
  SearchReport             m_SearchReport{};
  bool                     m_IsInLevel{};
  ClockType::time_point    m_Start{};
};
} // end namespace itk

#endif // itkRegistrationRecord_h
