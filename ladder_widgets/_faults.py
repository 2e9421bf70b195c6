"""The twenty-one faults, in words: what each is called, what its check asks and why it matters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ladder_widgets._fixes import FIXES

__all__ = ["FAULTS", "Fault", "Layer", "Need"]

Layer = Literal["data", "pipeline", "model", "evaluation", "production"]
Need = Literal["model", "train", "test", "production", "artifact", "requirements", "metric"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that can be wrong with a classifier.

    Attributes
    ----------
    code : str
        Stable name, ``layer.fault``. Reports, tests and mute lists use it verbatim.
    layer : {"data", "pipeline", "model", "evaluation", "production"}
    rung : int
        The rung of the ladder the fault is reported on.
    title : str
        Names the fault.
    ok_title : str
        Names the healthy state.
    question : str
        What the check asks.
    why : str
        Why it matters, in two or three sentences.
    fix : str
        Python to paste. It uses `model`, `X_train`, `y_train`, `X_val` and `y_val`, held in pandas.
    needs : tuple of str
        What the check needs beside the validation rows. Of ``artifact`` and ``requirements`` either will do.
    """

    code: str
    layer: Layer
    rung: int
    title: str
    ok_title: str
    question: str
    why: str
    fix: str
    needs: tuple[Need, ...] = ()


FAULTS: tuple[Fault, ...] = (
    Fault(
        code="data.missing-values",
        layer="data",
        rung=0,
        title="Missing values that the model does not handle",
        ok_title="No missing values, or the model handles them",
        question="Do the features hold NaN, infinities or stand-ins such as -999, and does the model cope?",
        why=(
            "Many estimators refuse a missing value, and then one incomplete row stops a whole batch. A "
            "stand-in such as -999 is worse: it fits without complaint and is read as a real, extreme "
            "measurement."
        ),
        fix=FIXES["data.missing-values"],
        needs=("model",),
    ),
    Fault(
        code="data.misaligned",
        layer="data",
        rung=0,
        title="Rows and labels out of step",
        ok_title="Rows and labels in step",
        question="Does each row of X still carry its own label?",
        why=(
            "A merge, a sort or a shift that moves X but not y gives rows the labels of their neighbours. "
            "Nothing raises an error, and the model learns noise, or is judged against it."
        ),
        fix=FIXES["data.misaligned"],
    ),
    Fault(
        code="data.leakage",
        layer="data",
        rung=0,
        title="A feature knows the label",
        ok_title="No feature gives the label away",
        question="Does a single feature tell more about the label than an honest one could?",
        why=(
            "A column written after the outcome, or derived from it, makes every score look excellent until "
            "the model is in use, where the column is empty or means something else. Nothing above this rung "
            "can be trusted until you know when that column is filled in."
        ),
        fix=FIXES["data.leakage"],
    ),
    Fault(
        code="data.unseen-categories",
        layer="data",
        rung=0,
        title="Categories that training never saw",
        ok_title="All categories were seen in training",
        question="Do later rows hold categories that are absent from the training rows?",
        why=(
            "An encoder either refuses a category it has not met or encodes it as nothing at all. In the "
            "second case the model still answers for those rows, with less to go on than its score suggests."
        ),
        fix=FIXES["data.unseen-categories"],
        needs=("train",),
    ),
    Fault(
        code="data.wrong-target",
        layer="data",
        rung=0,
        title="The target is not the label meant",
        ok_title="The target looks like a label",
        question=(
            "Is y the label you meant, in every split, and not a copy of a feature, an id or a measurement?"
        ),
        why=(
            "If y is the wrong column, a high score answers a question nobody asked. If only one split has "
            "the wrong column, a sound model looks broken."
        ),
        fix=FIXES["data.wrong-target"],
    ),
    Fault(
        code="pipeline.scaler-leak",
        layer="pipeline",
        rung=2,
        title="Scaler fitted on more than the training rows",
        ok_title="Scaler fitted on the training rows only",
        question="Do the scaler's fitted statistics come from the training rows alone?",
        why=(
            "A scaler that has seen the validation rows hands the model facts about the rows it is judged "
            "on. The score gains a little, or on small tables a lot, and production does not give it back."
        ),
        fix=FIXES["pipeline.scaler-leak"],
        needs=("model", "train"),
    ),
    Fault(
        code="pipeline.imputer-leak",
        layer="pipeline",
        rung=2,
        title="Imputer fitted on more than the training rows",
        ok_title="Imputer fitted on the training rows only",
        question="Do the values filled in for missing ones come from the training rows alone?",
        why=(
            "Filling gaps with the mean of all rows carries the validation rows into training. The bias is "
            "small for a mean over many rows and large for imputers that borrow from neighbouring rows or "
            "from the label."
        ),
        fix=FIXES["pipeline.imputer-leak"],
        needs=("model", "train"),
    ),
    Fault(
        code="pipeline.train-serve-skew",
        layer="pipeline",
        rung=2,
        title="Serving prepares the data differently from training",
        ok_title="Serving prepares the data as training did",
        question="Do production columns match the training columns only after a transformation?",
        why=(
            "When the service has its own copy of the preprocessing, the two drift apart: other units, a log "
            "left out, other spelling. The model then answers a question it was not trained on, without an "
            "error."
        ),
        fix=FIXES["pipeline.train-serve-skew"],
        needs=("train", "production"),
    ),
    Fault(
        code="pipeline.version-mismatch",
        layer="pipeline",
        rung=2,
        title="Model saved under other package versions",
        ok_title="Package versions match those the model was saved under",
        question="Are the installed packages the versions that the saved model was made with?",
        why=(
            "A saved model holds the inner state of the library that wrote it. Another version may refuse to "
            "load it, or load it and score differently, and only the first is easy to notice."
        ),
        fix=FIXES["pipeline.version-mismatch"],
        needs=("artifact", "requirements"),
    ),
    Fault(
        code="model.wrong-class",
        layer="model",
        rung=4,
        title="A model of the wrong kind for the target",
        ok_title="A classifier on a target of classes",
        question="Does the model predict the labels it is judged on?",
        why=(
            "A regressor on classes answers 0.7 or 1.3 where a label is due, and its errors are not "
            "probabilities. A classifier on a continuous target treats every value as a class of its own."
        ),
        fix=FIXES["model.wrong-class"],
        needs=("model",),
    ),
    Fault(
        code="model.imbalance",
        layer="model",
        rung=4,
        title="A rare class and nothing done about it",
        ok_title="The rare class is found, or it is not rare",
        question="Is one class rare, does the model miss it, and is nothing in place to help?",
        why=(
            "At the default threshold a model may be right almost always by never naming the rare class, "
            "which is usually the one that matters. Its scores may still rank well: then a lower threshold "
            "is enough."
        ),
        fix=FIXES["model.imbalance"],
        needs=("model",),
    ),
    Fault(
        code="model.over-regularized",
        layer="model",
        rung=4,
        title="Predictions collapse to the majority class",
        ok_title="Predictions use all classes",
        question="Does the model answer the majority class nearly always because it is held back too firmly?",
        why=(
            "A penalty or a limit that is too strong leaves the model only the class shares to go on. A "
            "freer model on the same rows shows what is being given away."
        ),
        fix=FIXES["model.over-regularized"],
        needs=("model",),
    ),
    Fault(
        code="model.divergence",
        layer="model",
        rung=4,
        title="Training diverged",
        ok_title="Training converged to finite numbers",
        question="Are the fitted parameters, the losses and the probabilities finite and of sane size?",
        why=(
            "Too large a learning rate or features of wildly different scales push the parameters towards "
            "infinity. What comes out is NaN, or a label that no longer depends on the row."
        ),
        fix=FIXES["model.divergence"],
        needs=("model",),
    ),
    Fault(
        code="evaluation.train-as-val",
        layer="evaluation",
        rung=5,
        title="Validation rows were trained on",
        ok_title="Validation rows were not trained on",
        question=(
            "Do rows of the training split come back in validation or test more often than chance explains?"
        ),
        why=(
            "A model can remember the rows it was trained on, so its score on them says nothing about new "
            "rows. A table with natural duplicates needs them kept on one side of the split."
        ),
        fix=FIXES["evaluation.train-as-val"],
        needs=("train",),
    ),
    Fault(
        code="evaluation.wrong-metric",
        layer="evaluation",
        rung=5,
        title="The reported metric hides failure",
        ok_title="The reported metric would show failure",
        question="Would the metric you report look good for a model that never finds the rare class?",
        why=(
            "With two positives in a hundred, always answering no is 98 % accurate. A metric that gives such "
            "a model a good mark cannot tell you whether yours is any better."
        ),
        fix=FIXES["evaluation.wrong-metric"],
        needs=("metric",),
    ),
    Fault(
        code="evaluation.no-baseline",
        layer="evaluation",
        rung=5,
        title="The model does not beat a dummy",
        ok_title="The model beats a dummy",
        question=(
            "Is the model better than a dummy by a margin that matters and that chance does not explain?"
        ),
        why=(
            "A dummy knows only how common each class is. A model that cannot be told from it has found "
            "nothing in the features, whatever its accuracy, and tuning it is wasted effort until the rungs "
            "below are sound."
        ),
        fix=FIXES["evaluation.no-baseline"],
        needs=("model",),
    ),
    Fault(
        code="evaluation.threshold",
        layer="evaluation",
        rung=5,
        title="Another threshold would do far better",
        ok_title="The threshold in use is near the best",
        question="Is the default threshold in use where another would do far better?",
        why=(
            "0.5 is the right cut only if both kinds of error cost the same and the scores are honest "
            "probabilities. With a rare class it often sends nearly every positive to the wrong side."
        ),
        fix=FIXES["evaluation.threshold"],
        needs=("model",),
    ),
    Fault(
        code="production.drift",
        layer="production",
        rung=6,
        title="Inputs or scores have drifted",
        ok_title="Inputs and scores look like those in training",
        question="Have the features or the scores in production moved away from the training rows?",
        why=(
            "A model is only known to work on rows like those it was judged on. Drift does not prove that "
            "the score has fallen, but it says that the old score no longer describes what the model meets."
        ),
        fix=FIXES["production.drift"],
        needs=("production",),
    ),
    Fault(
        code="production.schema-change",
        layer="production",
        rung=6,
        title="The schema of the inputs has changed",
        ok_title="The schema of the inputs is unchanged",
        question="Have columns gone, come, changed name, order or type, or left their range since training?",
        why=(
            "A renamed column arrives as missing, a reordered array as other features, a number as text. "
            "Some of these raise an error at once, and the others are scored as if nothing had happened."
        ),
        fix=FIXES["production.schema-change"],
        needs=("production",),
    ),
    Fault(
        code="production.serialization-mismatch",
        layer="production",
        rung=6,
        title="The served model is not the one at hand",
        ok_title="The served model is the one at hand",
        question="Does this model give the recorded rows the scores that production gave them?",
        why=(
            "If replaying a recorded row gives another score, production runs another model or prepares the "
            "row in another way. Until the two agree, nothing found here can be said of production."
        ),
        fix=FIXES["production.serialization-mismatch"],
        needs=("model", "production"),
    ),
    Fault(
        code="production.delayed-truth",
        layer="production",
        rung=6,
        title="Labels arrive late, and the early ones mislead",
        ok_title="The labels that have arrived are representative",
        question="Are the labels that have arrived so far typical of all that will arrive?",
        why=(
            "When bad outcomes are reported sooner than good ones, the newest rows show too many of them, or "
            "too few. A score on whatever has arrived then rises or falls for reasons that are not the "
            "model's."
        ),
        fix=FIXES["production.delayed-truth"],
        needs=("production",),
    ),
)
