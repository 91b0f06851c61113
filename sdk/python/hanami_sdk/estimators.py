"""
Estimators for scikit-learn, each with a cluster of its own on a server:

    from hanami_sdk.estimators import HanamiClassifier
    cross_val_score(HanamiClassifier(), X, y)

The server and who logs in are parameters, or the environment's HANAMI_ADDRESS, HANAMI_USER and HANAMI_PASSPHRASE. Values go as they are: no scaling, no one-hot
columns; NaN is missing, and text columns of a DataFrame are categories. partial_fit learns each row once, as it comes.
"""

import os
import threading
import uuid
import weakref

import numpy
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, check_random_state

from . import hanami_request
from .learning import Hanami, connect
from .tables import rows_of, template_of

_ROWS = 2000
_MOST_PASSES = 10
# The part by which the loss must fall for another pass.
_WORTH = 0.005
_OUTPUT = "answer"
_connections = {}
_lock = threading.Lock()


def _connection(address, user, passphrase) -> Hanami:
    key = (os.getpid(), address, user, passphrase)
    with _lock:
        if key not in _connections:
            _connections[key] = connect(address, user, passphrase)
        return _connections[key]


def _remove(hanami, cluster_uuid, process):
    """A cluster whose estimator is gone is of no use to anybody; a copy of it in another process is not the owner."""
    if os.getpid() != process:
        return
    try:
        hanami.call("DELETE", "/cluster", {"uuid": cluster_uuid})
    except Exception:
        pass


class _Estimator(BaseEstimator):
    def __init__(self, passes="auto", seed=0, address=None, user=None, passphrase=None):
        self.passes = passes
        self.seed = seed
        self.address = address
        self.user = user
        self.passphrase = passphrase

    def _more_tags(self):
        return {"allow_nan": True, "non_deterministic": False, "X_types": ["2darray"], "poor_score": False}

    def _rows(self, X, reset):
        """Rows of a table: text and gaps of a DataFrame as they are, arrays as numbers."""
        if hasattr(X, "columns"):
            self._check_feature_names(X, reset=reset)
            self._check_n_features(X, reset=reset)
            return rows_of(X)[0]
        X = self._validate_data(X, reset=reset, force_all_finite="allow-nan", dtype="numeric")
        names = [f"x{i}" for i in range(X.shape[1])]
        return [dict(zip(names, (None if value != value else value for value in row))) for row in X.astype(float).tolist()]

    def _begin(self):
        hanami = _connection(self.address, self.user, self.passphrase)
        values = {
            "name": f"estimator {uuid.uuid4().hex}",
            "template": hanami_request.to_base64(template_of([_OUTPUT])),
            "seed": int(self.seed),
        }
        self.cluster_ = hanami.call("POST", "/cluster", values)["uuid"]
        self._cleaner = weakref.finalize(self, _remove, hanami, self.cluster_, os.getpid())

    def _learn(self, rows, targets, kind) -> float:
        """Learns rows once; the mean loss of the rows before they were learnt."""
        hanami = _connection(self.address, self.user, self.passphrase)
        loss = 0.0
        for start in range(0, len(rows), _ROWS):
            part = [{**row, _OUTPUT: target} for row, target in zip(rows[start : start + _ROWS], targets[start : start + _ROWS])]
            values = {"cluster_uuid": self.cluster_, "rows": part, "kinds": {_OUTPUT: kind}}
            score = hanami.call("POST", "/cluster/learn", values)["scores"][_OUTPUT]
            loss += score.get("log_loss", score.get("rmse", 0.0) ** 2) * len(part)
        return loss / max(1, len(rows))

    def _fit(self, rows, targets, kind):
        self._begin()
        random = check_random_state(self.seed)
        order = numpy.arange(len(rows))
        # The same order in each pass: by it the network knows rows that come again, and judges them honestly.
        random.shuffle(order)
        before = float("inf")
        for count in range(_MOST_PASSES if self.passes == "auto" else self.passes):
            now = self._learn([rows[i] for i in order], [targets[i] for i in order], kind)
            self.n_iter_ = count + 1
            if self.passes == "auto" and count > 0 and now > before * (1 - _WORTH):
                break
            before = now
        return self

    def _ask(self, X):
        check_is_fitted(self, "cluster_")
        rows = self._rows(X, reset=False)
        hanami = _connection(self.address, self.user, self.passphrase)
        answers = []
        for start in range(0, len(rows), _ROWS):
            values = {"cluster_uuid": self.cluster_, "rows": rows[start : start + _ROWS]}
            answers += [answer[_OUTPUT] for answer in hanami.call("POST", "/cluster/predict", values)["answers"]]
        return answers

    def __getstate__(self):
        # The copy asks the same cluster, but does not end with it.
        return {name: value for name, value in super().__getstate__().items() if name != "_cleaner"}


class HanamiClassifier(ClassifierMixin, _Estimator):
    """Classes, with probabilities."""

    def fit(self, X, y):
        """Learns rows anew, in a random order, as often as it helps."""
        rows, y = self._checked(X, y, reset=True)
        self.classes_ = numpy.unique(y)
        if len(self.classes_) < 2:
            raise ValueError("there is only one class; two are the least that can be told apart")
        return self._fit(rows, self._labels(y), "category")

    def partial_fit(self, X, y, classes=None):
        """Learns rows once, in their order. classes are all that may come; needed for the first rows only."""
        is_new = not hasattr(self, "cluster_")
        rows, y = self._checked(X, y, reset=is_new)
        if is_new:
            if classes is None:
                raise ValueError("the first call of partial_fit needs classes, all that may come")
            self.classes_ = numpy.unique(classes)
            self._begin()
        unknown = numpy.setdiff1d(y, self.classes_)
        if len(unknown) > 0:
            raise ValueError(f"{unknown.tolist()} were not among the classes of the first call")
        self._learn(rows, self._labels(y), "category")
        return self

    def predict_proba(self, X):
        """(rows, classes): the probability of each class, in the order of classes_."""
        found = self._ask(X)
        place = {str(i): i for i in range(len(self.classes_))}
        answers = numpy.zeros((len(found), len(self.classes_)))
        for row, answer in enumerate(found):
            for label, probability in answer["probabilities"].items():
                answers[row, place[label]] = probability
        sums = answers.sum(axis=1, keepdims=True)
        return answers / numpy.where(sums > 0, sums, 1)

    def predict(self, X):
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def _labels(self, y):
        return [str(i) for i in numpy.searchsorted(self.classes_, y)]

    def _checked(self, X, y, reset):
        from sklearn.utils import column_or_1d
        from sklearn.utils.validation import check_consistent_length

        rows = self._rows(X, reset=reset)
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        check_consistent_length(rows, y)
        return rows, y


class HanamiRegressor(RegressorMixin, _Estimator):
    """Numbers."""

    def fit(self, X, y):
        """Learns rows anew, in a random order, as often as it helps."""
        rows, y = self._checked(X, y, reset=True)
        return self._fit(rows, y.tolist(), "number")

    def partial_fit(self, X, y):
        """Learns rows once, in their order."""
        is_new = not hasattr(self, "cluster_")
        rows, y = self._checked(X, y, reset=is_new)
        if is_new:
            self._begin()
        self._learn(rows, y.tolist(), "number")
        return self

    def predict(self, X):
        return numpy.array([answer["value"] for answer in self._ask(X)], dtype=float)

    def _checked(self, X, y, reset):
        from sklearn.utils import check_array, column_or_1d
        from sklearn.utils.validation import check_consistent_length

        rows = self._rows(X, reset=reset)
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        y = column_or_1d(check_array(y, ensure_2d=False, dtype="numeric"), warn=True).astype(float)
        check_consistent_length(rows, y)
        return rows, y
