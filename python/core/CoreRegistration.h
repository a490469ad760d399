// SPDX-License-Identifier: Apache-2.0
#ifndef CoreRegistration_h
#define CoreRegistration_h

#include "CoreCalls.h"
#include "CoreChain.h"
#include "CoreImages.h"
#include "CoreUncertainty.h"

#include "facade/itkStockEvents.h"

#include "itkMaskedImageRegistration.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

/** A registration of images of a type that is known at run time. */
struct masked_sampling_registration
{
  using Settings = itk::MaskedRegistrationSettings;

  masked_sampling_registration() = default;
  masked_sampling_registration(const masked_sampling_registration &) = delete;
  masked_sampling_registration &
  operator=(const masked_sampling_registration &) = delete;
  virtual ~masked_sampling_registration() = default;

  virtual void
  SetImage(const std::string & role, const void * pixels, const masked_sampling_geometry * geometry) = 0;
  /** \return its number, which is 1 for the first one; its images are those with the role "fixed@1" and so on. */
  virtual size_t
  AddChannel(const std::string & metric, double weight) = 0;
  virtual void
  SetMetricWeight(double weight) = 0;
  virtual void
  SetDomain(const masked_sampling_geometry & geometry) = 0;
  virtual void
  SetTransform(const std::string & role, const masked_sampling_chain & chain) = 0;
  virtual void
  SetPoints(const double * points, size_t number) = 0;
  virtual size_t
  AddStage(const std::string & transform) = 0;
  virtual Settings &
  GetStage(size_t stage) = 0;
  virtual void
  Run(masked_sampling_callback callback, void * data) = 0;
  virtual bool
  Stop() = 0;
  virtual void
  Finish() = 0;
  virtual void
  Abort() = 0;
  virtual double
  Evaluate() = 0;
  virtual void
  GetNumbers(const std::string & name, std::vector<double> & numbers) = 0;
  virtual std::string
  GetText(const std::string & name) = 0;
  virtual std::string
  GetStopCondition(int64_t report) = 0;
  virtual void
  GetTransform(const std::string & role, masked_sampling_chain & chain) = 0;

  /** What was asked for last. */
  std::vector<double> Numbers{};
};

namespace MaskedSamplingCore
{
/** A registration of images of one type. */
template <typename TImage>
class Registration : public masked_sampling_registration
{
public:
  void
  SetImage(const std::string & role, const void * pixels, const masked_sampling_geometry * geometry) override
  {
    if (const auto at = role.find('@'); at != std::string::npos)
    {
      this->SetChannelImage(role.substr(0, at), std::stoul(role.substr(at + 1)), pixels, geometry);
    }
    else if (role == "fixed")
    {
      m_Method->SetFixedImage(Make<TImage>(pixels, geometry));
    }
    else if (role == "moving")
    {
      m_Method->SetMovingImage(Make<TImage>(pixels, geometry));
    }
    else if (role.rfind("fixed-mask", 0) == 0 || role.rfind("moving-mask", 0) == 0)
    {
      this->SetMask(role, pixels == nullptr ? nullptr : MakeMask<Dimension>(pixels, Need(geometry, "geometry")));
    }
    else if (role == "weights")
    {
      m_Method->SetSamplingWeightImage(Make<typename MethodType::WeightImageType>(pixels, geometry));
    }
    else if (role == "metric-weights")
    {
      m_Method->SetMetricWeightImage(Make<typename MethodType::WeightImageType>(pixels, geometry));
    }
    else
    {
      RefuseName("image", role);
    }
  }

  size_t
  AddChannel(const std::string & metric, double weight) override
  {
    typename MethodType::Channel channel;
    channel.Metric = metric;
    channel.Weight = weight;
    m_Method->AddChannel(channel);
    return m_Method->GetChannels().size();
  }

  void
  SetMetricWeight(double weight) override
  {
    m_Method->SetMetricWeight(weight);
  }

  void
  SetDomain(const masked_sampling_geometry & geometry) override
  {
    const auto domain = itk::ImageBase<Dimension>::New();
    SetGeometry(*domain, geometry);
    m_Method->SetVirtualDomain(domain);
  }

  void
  SetTransform(const std::string & role, const masked_sampling_chain & chain) override
  {
    const auto                      composite = MakeComposite<Dimension>(chain);
    typename TransformType::Pointer transform = composite.GetPointer();
    if (chain.Parts.empty())
    {
      transform = nullptr;
    }
    else if (composite->GetNumberOfTransforms() == 1)
    {
      transform = composite->GetNthTransform(0);
    }
    else
    {
      composite->SetOnlyMostRecentTransformToOptimizeOn();
    }
    if (role == "transform")
    {
      m_Method->SetTransformToOptimize(transform);
    }
    else if (role == "moving-initial")
    {
      m_Method->SetMovingInitialTransform(transform);
    }
    else if (role == "fixed-initial")
    {
      m_Method->SetFixedInitialTransform(transform);
    }
    else
    {
      RefuseName("transform", role);
    }
  }

  void
  SetPoints(const double * points, size_t number) override
  {
    const auto pointSet = MethodType::PointSetType::New();
    for (size_t n = 0; n < number; ++n)
    {
      typename MethodType::PointSetType::PointType point;
      for (unsigned int d = 0; d < Dimension; ++d)
      {
        point[d] = static_cast<typename MethodType::PointSetType::CoordRepType>(points[n * Dimension + d]);
      }
      pointSet->SetPoint(static_cast<typename MethodType::PointSetType::PointIdentifier>(n), point);
    }
    m_Method->SetSamplePoints(pointSet);
  }

  size_t
  AddStage(const std::string & transform) override
  {
    return m_Method->AddStage(transform);
  }

  Settings &
  GetStage(size_t stage) override
  {
    return m_Method->GetStage(stage);
  }

  void
  Run(masked_sampling_callback callback, void * data) override
  {
    // Whatever happens, the observers go.
    const auto removeObservers = [](MethodType * method) { method->RemoveAllObservers(); };
    const std::unique_ptr<MethodType, decltype(removeObservers)> guard(m_Method.GetPointer(), removeObservers);
    if (callback != nullptr)
    {
      const auto observe = [&](const itk::EventObject & event, const char * name) {
        m_Method->AddObserver(event, [=](const itk::EventObject & happened) {
          // One event is derived from the other.
          const bool isLevel = dynamic_cast<const itk::MultiResolutionIterationEvent *>(&happened) != nullptr;
          if (isLevel == (std::string(name) == "level") && callback(name, data) != 0)
          {
            throw StoppedByCallback();
          }
        });
      };
      observe(itk::StartEvent(), "start");
      observe(itk::MultiResolutionIterationEvent(), "level");
      observe(itk::IterationEvent(), "iteration");
      observe(itk::EndEvent(), "end");
      observe(itk::MethodStartEvent(), "method-start");
      observe(itk::OptimizerEvent(), "optimizer");
      observe(itk::MethodEndEvent(), "method-end");
    }
    m_Method->Update();
  }

  bool
  Stop() override
  {
    return m_Method->Stop();
  }

  void
  Finish() override
  {
    m_Method->Finish();
  }

  void
  Abort() override
  {
    m_Method->Abort();
  }

  double
  Evaluate() override
  {
    return m_Method->EvaluateMetric();
  }

  void
  GetNumbers(const std::string & name, std::vector<double> & numbers) override
  {
    numbers.clear();
    const auto append = [&numbers](auto... values) { (numbers.push_back(static_cast<double>(values)), ...); };
    if (name == "progress")
    {
      const auto progress = m_Method->GetProgress();
      append(m_Method->GetCurrentStage(),
             m_Method->GetCurrentLevel(),
             progress.Iteration,
             progress.Value,
             progress.LearningRate,
             progress.ConvergenceValue);
    }
    else if (name == "position")
    {
      const auto position = m_Method->GetPosition();
      numbers.assign(position.begin(), position.end());
    }
    else if (name == "scales")
    {
      const auto scales = m_Method->GetScales();
      numbers.assign(scales.begin(), scales.end());
    }
    else if (name == "valid-points")
    {
      append(m_Method->GetNumberOfValidPoints());
    }
    else if (name == "points")
    {
      const auto * const points = m_Method->GetUsedSamplePoints();
      if (points != nullptr && points->GetPoints() != nullptr)
      {
        for (const auto & point : points->GetPoints()->CastToSTLConstContainer())
        {
          numbers.insert(numbers.end(), point.Begin(), point.End());
        }
      }
    }
    else if (name == "course")
    {
      for (const auto & entry : m_Method->GetCourse())
      {
        append(entry.Stage, entry.Level, entry.Iteration, entry.Value);
      }
    }
    else if (name == "reports")
    {
      for (const auto & report : m_Method->GetReports())
      {
        append(report.Stage,
               report.Level,
               report.NumberOfMaskVoxels,
               report.NumberOfRequestedPoints,
               report.NumberOfPoints,
               report.NumberOfPointsInMovingImage,
               report.NumberOfIterations,
               report.FirstValue,
               report.LastValue,
               report.Seconds);
      }
    }
    else if (name == "folding")
    {
      const auto & folding = m_Method->GetFolding();
      append(folding.Share, folding.Smallest, folding.Largest, folding.SmallestAround, folding.LargestAround);
    }
    else
    {
      GetNumbersOfUncertainty(m_Method->GetUncertainty(), name, numbers);
    }
  }

  std::string
  GetText(const std::string & name) override
  {
    const auto & uncertainty = m_Method->GetUncertainty();
    if (name != "uncertainty-status" && name != "uncertainty-text")
    {
      RefuseName("text", name);
    }
    return name == "uncertainty-status" ? uncertainty.Status : uncertainty.Text;
  }

  std::string
  GetStopCondition(int64_t report) override
  {
    const auto & reports = m_Method->GetReports();
    if (report >= 0 && static_cast<size_t>(report) >= reports.size())
    {
      itkGenericExceptionMacro("report: there is no " << report << ", but " << reports.size() << ", counted from 0.");
    }
    return report < 0 ? m_Method->GetStopConditionDescription() : reports[static_cast<size_t>(report)].StopCondition;
  }

  void
  GetTransform(const std::string & role, masked_sampling_chain & chain) override
  {
    const itk::TransformBase * const transform = role == "result" ? m_Method->GetTransform()
                                                 : role == "optimized"
                                                   ? m_Method->GetOptimizedTransform()
                                                   : FindAlternative(m_Method->GetUncertainty(), role);
    if (transform == nullptr)
    {
      itkGenericExceptionMacro(<< "There is no transform \"" << role << "\" yet. Run the registration first.");
    }
    masked_sampling_chain result;
    AppendTransform(*transform, result);
    chain = std::move(result);
  }

private:
  static constexpr unsigned int Dimension = TImage::ImageDimension;
  using MethodType = itk::MaskedImageRegistration<TImage>;
  using MaskType = typename MethodType::MaskType;
  using TransformType = typename MethodType::TransformType;

  void
  SetChannelImage(const std::string &              role,
                  size_t                           number,
                  const void *                     pixels,
                  const masked_sampling_geometry * geometry)
  {
    auto & channel = m_Method->GetChannel(number - 1);
    if (role == "fixed")
    {
      channel.FixedImage = Make<TImage>(pixels, geometry);
    }
    else if (role == "moving")
    {
      channel.MovingImage = Make<TImage>(pixels, geometry);
    }
    else if (role == "fixed-mask")
    {
      channel.FixedImageMask = MakeMask<Dimension>(pixels, Need(geometry, "geometry"));
    }
    else if (role == "moving-mask")
    {
      channel.MovingImageMask = MakeMask<Dimension>(pixels, Need(geometry, "geometry"));
    }
    else
    {
      RefuseName("image of a channel", role);
    }
  }

  /** \param role of all stages, or of the one after a colon; null: none */
  void
  SetMask(const std::string & role, const MaskType * mask)
  {
    const auto        colon = role.find(':');
    const std::string name = role.substr(0, colon);
    const bool        isFixed = name == "fixed-mask";
    if (!isFixed && name != "moving-mask")
    {
      RefuseName("image", role);
    }
    if (colon == std::string::npos)
    {
      isFixed ? m_Method->SetFixedImageMask(mask) : m_Method->SetMovingImageMask(mask);
      return;
    }
    const auto stage = static_cast<itk::SizeValueType>(std::stoul(role.substr(colon + 1)));
    isFixed ? m_Method->SetStageFixedImageMask(stage, mask) : m_Method->SetStageMovingImageMask(stage, mask);
  }

  /** Null if there are no pixels. */
  template <typename TOtherImage>
  static typename TOtherImage::Pointer
  Make(const void * pixels, const masked_sampling_geometry * geometry)
  {
    return pixels == nullptr ? nullptr : MakeImage<TOtherImage>(pixels, Need(geometry, "geometry"));
  }

  typename MethodType::Pointer m_Method{ MethodType::New() };
};
} // namespace MaskedSamplingCore

#endif
