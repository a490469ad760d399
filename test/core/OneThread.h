// SPDX-License-Identifier: Apache-2.0
#ifndef OneThread_h
#define OneThread_h

#include "itkMultiThreaderBase.h"

/** Everything in one thread, while it lives. Where memory runs out, ITK's threaders of several are lost: with TBB they
 * destroy ranges that were never made, and the pool goes on with work of which the owner has gone. */
class OneThread
{
public:
  OneThread()
  {
    Base::SetGlobalDefaultThreader(Base::ThreaderEnum::Pool);
    Base::SetGlobalDefaultNumberOfThreads(1);
  }
  OneThread(const OneThread &) = delete;
  OneThread &
  operator=(const OneThread &) = delete;
  ~OneThread()
  {
    Base::SetGlobalDefaultNumberOfThreads(m_Number);
    Base::SetGlobalDefaultThreader(m_Threader);
  }

private:
  using Base = itk::MultiThreaderBase;
  Base::ThreaderEnum m_Threader{ Base::GetGlobalDefaultThreader() };
  itk::ThreadIdType  m_Number{ Base::GetGlobalDefaultNumberOfThreads() };
};

#endif
