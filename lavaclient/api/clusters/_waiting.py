"""Polls a cluster until it has the status that is waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lavaclient._config.checks import number
from lavaclient._http.paths import path_segment
from lavaclient._http.service_client import ServiceClient, is_transient
from lavaclient.api._base import Id
from lavaclient.api.clusters.models import ClusterBody, ClusterDetail, ClusterStatus, OnProgress
from lavaclient.error import FailedError, InvalidError, LavaError, NotFoundError, TimeoutError

__all__ = ["PollSettings", "PollState", "path_of"]

_FIRST_INTERVAL, _GROWTH, _LAST_INTERVAL = 2.0, 1.5, 30.0
_LONGEST = 1_000_000.0
_GOALS = (ClusterStatus.ACTIVE, ClusterStatus.DELETED)
_LEAVING = (ClusterStatus.DELETING, ClusterStatus.DELETED)


def path_of(cluster: ClusterDetail) -> str:
    """Return the path of a cluster, relative to the endpoint."""
    return f"clusters/{path_segment('cluster_id', cluster.id)}"


class PollSettings:
    """The options of a wait.

    Args:
        timeout: Minutes, None for no limit.
        interval: Seconds between two polls, None for 2 growing to 30.
        on_progress: Called with the cluster after each poll.
        until: The status to wait for, in any case.

    Raises:
        InvalidError: One of them is invalid.
    """

    def __init__(
        self,
        timeout: float | str | None,
        interval: float | str | None,
        on_progress: OnProgress | None,
        until: object = ClusterStatus.ACTIVE,
    ) -> None:
        self.timeout = None if timeout is None else number("timeout", timeout)
        self.interval = None if interval is None else number("interval", interval)
        self.on_progress = on_progress
        self.goal = until.upper() if isinstance(until, str) else ""
        if self.timeout is not None and self.timeout < 0:
            raise InvalidError("timeout must be 0 minutes or more")
        if self.interval is not None and not 0 < self.interval <= _LONGEST:
            raise InvalidError("interval must be more than 0 seconds, and at most a million")
        if self.goal not in _GOALS:
            raise InvalidError(f"until must be one of {', '.join(_GOALS)}")


class PollState:
    """The state of one wait.

    Args:
        client: Whose clock is used.
        settings: Its options.
        cluster_id: The caller's id or name of the cluster.
        last: The cluster in the answer before the wait, or None.
        find: Makes the first request, if ``last`` is None.
        fetch: Makes the other requests, to a path.
        adopt: Returns the cluster of an answer, bound to its manager.
    """

    def __init__(
        self,
        client: ServiceClient,
        settings: PollSettings,
        cluster_id: Id,
        last: ClusterDetail | None,
        *,
        find: Callable[[], ClusterBody],
        fetch: Callable[[str], ClusterBody],
        adopt: Callable[[ClusterBody], ClusterDetail],
    ) -> None:
        self._find = find
        self._fetch = fetch
        self._adopt = adopt
        self._clock = client.clock
        self._settings = settings
        self._cluster_id = cluster_id
        self._last = last
        self._failure: LavaError | None = None
        self._started = self._clock.monotonic()
        self._interval = settings.interval or _FIRST_INTERVAL

    def run(self) -> ClusterDetail:
        """Poll until the cluster has the status that is waited for.

        The answer before the wait does not end it, as the answer to a change may still have
        the old status. A name is resolved once: another cluster of that name is not polled.
        """
        if self._last is not None:
            self._report(self._last)
        for _ in self._polls():
            try:
                body = self._find() if self._last is None else self._fetch(path_of(self._last))
            except LavaError as failure:
                is_deleted = self._settings.goal == ClusterStatus.DELETED and isinstance(
                    failure, NotFoundError
                )
                if self._last is not None and is_deleted:
                    return self._last
                if not is_transient(failure):
                    raise
                self._failure = failure
            else:
                cluster = self._adopt(body)
                self._report(cluster)
                if self._is_reached(cluster):
                    return cluster
                self._last = cluster
        raise self._timed_out() from self._failure

    def _polls(self) -> Iterator[None]:
        """Yield when it is time for a poll, until the timeout."""
        if self._last is None:
            yield
        while self._pause():
            yield

    def _pause(self) -> bool:
        retry_after = (self._failure.retry_after or 0.0) if self._failure else 0.0
        seconds = min(max(self._interval, retry_after), _LONGEST)
        if self._settings.timeout is not None:
            elapsed = self._clock.monotonic() - self._started
            remaining = self._settings.timeout * 60 - elapsed
            if remaining <= 0:
                return False
            seconds = min(seconds, remaining)
        self._clock.sleep(seconds)
        self._failure = None
        if self._settings.interval is None:
            self._interval = min(self._interval * _GROWTH, _LAST_INTERVAL)
        return True

    def _report(self, cluster: ClusterDetail) -> None:
        if self._settings.on_progress is not None:
            self._settings.on_progress(cluster)

    def _is_reached(self, cluster: ClusterDetail) -> bool:
        """Tell whether the cluster has the status that is waited for.

        Raises:
            FailedError: Its status cannot become the one that is waited for.
        """
        if cluster.status == self._settings.goal:
            return True
        if self._settings.goal == ClusterStatus.DELETED:
            # Until a poll has shown DELETING, the delete may not have begun.
            was_leaving = self._last is not None and self._last.status in _LEAVING
            failed = was_leaving and cluster.status not in _LEAVING
        else:
            failed = cluster.status not in ClusterStatus.IN_PROGRESS
        if failed:
            raise FailedError(
                f"cluster {cluster.name!r} ({cluster.id}) is {cluster.status}", cluster=cluster
            )
        return False

    def _timed_out(self) -> TimeoutError:
        goal, minutes = self._settings.goal, self._settings.timeout or 0
        state = f"not {goal}" if self._last else "not seen"
        now = f": it is {self._last.status}" if self._last else ""
        error = TimeoutError(
            f"cluster {self._cluster_id} was {state} within {minutes:g} minutes{now}"
        )
        error.cluster = self._last
        return error
