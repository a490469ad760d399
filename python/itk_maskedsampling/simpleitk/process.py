# SPDX-License-Identifier: Apache-2.0
"""What SimpleITK's process objects have in common: observers, threads, debugging, and settings for all of them."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import SimpleITK as sitk

from .._images.arrays import describe
from .values import choice, flag, unsigned

EVENTS = {
    getattr(sitk, name): name
    for name in (
        "sitkAnyEvent",
        "sitkAbortEvent",
        "sitkDeleteEvent",
        "sitkEndEvent",
        "sitkIterationEvent",
        "sitkMultiResolutionIterationEvent",
        "sitkProgressEvent",
        "sitkStartEvent",
        "sitkUserEvent",
    )
}


@dataclass(frozen=True, eq=False)
class Observer:
    """A function, or the Execute() of a command, which is not kept alive: find() gives None when it is gone."""

    event: int
    name: str
    find: Callable[[], Callable[[], object] | None]


class ProcessObject:
    """The interface of SimpleITK.ProcessObject. What is static is that of SimpleITK, and counts for it, too."""

    GlobalDefaultDebugOn = staticmethod(sitk.ProcessObject.GlobalDefaultDebugOn)
    GlobalDefaultDebugOff = staticmethod(sitk.ProcessObject.GlobalDefaultDebugOff)
    GetGlobalDefaultDebug = staticmethod(sitk.ProcessObject.GetGlobalDefaultDebug)
    SetGlobalDefaultDebug = staticmethod(sitk.ProcessObject.SetGlobalDefaultDebug)
    GlobalWarningDisplayOn = staticmethod(sitk.ProcessObject.GlobalWarningDisplayOn)
    GlobalWarningDisplayOff = staticmethod(sitk.ProcessObject.GlobalWarningDisplayOff)
    GetGlobalWarningDisplay = staticmethod(sitk.ProcessObject.GetGlobalWarningDisplay)
    SetGlobalWarningDisplay = staticmethod(sitk.ProcessObject.SetGlobalWarningDisplay)
    GetGlobalDefaultCoordinateTolerance = staticmethod(sitk.ProcessObject.GetGlobalDefaultCoordinateTolerance)
    SetGlobalDefaultCoordinateTolerance = staticmethod(sitk.ProcessObject.SetGlobalDefaultCoordinateTolerance)
    GetGlobalDefaultDirectionTolerance = staticmethod(sitk.ProcessObject.GetGlobalDefaultDirectionTolerance)
    SetGlobalDefaultDirectionTolerance = staticmethod(sitk.ProcessObject.SetGlobalDefaultDirectionTolerance)
    GetGlobalDefaultThreader = staticmethod(sitk.ProcessObject.GetGlobalDefaultThreader)
    SetGlobalDefaultThreader = staticmethod(sitk.ProcessObject.SetGlobalDefaultThreader)
    GetGlobalDefaultNumberOfThreads = staticmethod(sitk.ProcessObject.GetGlobalDefaultNumberOfThreads)
    SetGlobalDefaultNumberOfThreads = staticmethod(sitk.ProcessObject.SetGlobalDefaultNumberOfThreads)

    def __init__(self) -> None:
        self._debug: bool = self.GetGlobalDefaultDebug()
        self._number_of_threads: int = self.GetGlobalDefaultNumberOfThreads()
        self._number_of_work_units = 0
        self._observers: list[Observer] = []
        self._progress = 0.0
        self._is_active = False
        self._is_aborted = False

    def DebugOn(self) -> None:
        """Print the settings at the start of Execute()."""
        self._debug = True

    def DebugOff(self) -> None:
        """Print nothing."""
        self._debug = False

    def GetDebug(self) -> bool:
        """Whether the settings are printed."""
        return self._debug

    def SetDebug(self, debugFlag: bool) -> None:
        """Print the settings at the start of Execute(), or not."""
        self._debug = flag("SetDebug: debugFlag", debugFlag)

    def SetNumberOfThreads(self, n: int) -> None:
        """The number of threads; 0: as many as there are processors."""
        self._number_of_threads = unsigned("SetNumberOfThreads: n", n)

    def GetNumberOfThreads(self) -> int:
        """The number of threads."""
        return self._number_of_threads

    def SetNumberOfWorkUnits(self, n: int) -> None:
        """The number of parts that work is split into; 0: one for each thread."""
        self._number_of_work_units = unsigned("SetNumberOfWorkUnits: n", n)

    def GetNumberOfWorkUnits(self) -> int:
        """The number of parts that work is split into."""
        return self._number_of_work_units

    def GetProgress(self) -> float:
        """As with SimpleITK: 0, and 1 after a registration that was asked to abort."""
        return self._progress

    def Abort(self) -> None:
        """As with SimpleITK: no registration ends by it, but there is a sitkProgressEvent at its end.

        StopRegistration() ends a level; an exception in a command ends everything.
        """
        self._is_aborted = self._is_active

    def AddCommand(self, event: int, cmd: Any) -> int:
        """Call a function, or the Execute() of a SimpleITK.Command, at every event of a kind.

        A SimpleITK.Command is not kept alive: it goes when its last other reference does.
        """
        event = choice("AddCommand: event", event, EVENTS)
        if isinstance(cmd, sitk.Command):
            self._observers.append(Observer(event, cmd.GetName(), weakref.WeakMethod(cmd.Execute)))
        elif callable(cmd):
            self._observers.append(Observer(event, "Command", lambda: cmd))
        else:
            raise TypeError(f"AddCommand: cmd: a function or SimpleITK.Command is needed, not {describe(cmd)}")
        return 0

    def RemoveAllCommands(self) -> None:
        """Call no function or command any more."""
        self._observers = []

    def HasCommand(self, event: int) -> bool:
        """Whether a function or command is called at events of a kind."""
        return self._is_observed(event)

    def _is_observed(self, *events: int) -> bool:
        return any(observer.event in events and observer.find() is not None for observer in self._observers)

    def _invoke(self, *events: int) -> None:
        """Call what observes any of the events, in the order in which it was added."""
        for observer in [each for each in self._observers if each.event in events]:
            call = observer.find()
            if call is not None and observer in self._observers:  # may have been removed by the one before it
                call()

    def _describe(self) -> list[str]:
        """Lines of __str__()."""
        commands = [
            f"    Event: {EVENTS[each.event][4:]} Command: {each.name}"
            for each in self._observers
            if each.find() is not None
        ]
        return [
            f"  Debug: {int(self._debug)}",
            f"  NumberOfThreads: {self._number_of_threads}",
            f"  NumberOfWorkUnits: {self._number_of_work_units}",
            f"  Commands:{'' if commands else ' (none)'}",
            *commands,
            f"  ProgressMeasurement: {self._progress:g}",
            f"  ActiveProcess:{'' if self._is_active else ' (none)'}",
        ]
