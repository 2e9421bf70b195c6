/** Reports by the contract: complete, partial, hostile. */
import { RUNG_NAMES } from "../src/wire.ts";
import type { Finding, Fix, Line, Report, Rung, Score, Status } from "../src/types.ts";

const interval = (mean: number, half: number) => ({ mean, std: half / 1.1, low: mean - half, high: mean + half });
function score(label: string, estimator: string, auc: number, half: number): Score {
  const up = auc - 0.5;
  return {
    label, estimator, how: "five folds of the validation rows", rows: 3000, folds: 5,
    metrics: {
      roc_auc: interval(auc, half), average_precision: interval(0.27 + up, half * 1.6), log_loss: interval(0.58 - up * 0.6, half * 0.8),
      accuracy: interval(0.73 + up * 0.3, half * 0.6), balanced_accuracy: interval(0.5 + up * 0.8, half), brier: interval(0.2 - up * 0.2, half * 0.4),
    },
  };
}

const QUESTIONS = [
  "Are the rows and labels what they should be?", "What does no model at all reach?", "Does a linear model find signal?",
  "Does a flexible model find more?", "Does your model keep up?", "Is it judged rightly?", "Does it hold in production?",
];
const base = (number: number, status: Status, headline: string, summary: string, more: Partial<Rung> = {}): Rung => ({
  number, name: RUNG_NAMES[number] as string, question: QUESTIONS[number] as string, status, provisional: number > 2, headline,
  summary, score: null, gaps: [], notes: [], seconds: 0.4, ...more,
});

function finding(code: string, rung: number, status: Status, title: string, summary: string, more: Partial<Finding> = {}): Finding {
  return {
    code, layer: code.split(".")[0] as string, rung, status, title, question: "What would a wrong answer here cost?",
    why: "A number that has seen the rows it is judged on looks better than it is, and the gap shows up only in production.",
    summary, evidence: [], fix: "", docs_url: `https://example.org/docs/faults/#${code}`, seconds: 0.02, ...more,
  };
}

export const rungs: Rung[] = [
  base(0, "pass", "5 of 5 checks", "Rows and labels are in step, nothing leaks, and every category was seen in training."),
  base(1, "pass", "AUC 0.500 · AP 0.271", "A dummy reaches a ROC AUC of 0.500 and an average precision of 0.271: the numbers to beat.",
    { score: score("Baseline", "DummyClassifier(strategy='prior')", 0.5, 0.004) }),
  base(2, "fail", "AUC 0.746 · scaler leak", "The linear model beats the baseline by 0.246 AUC, so the data carry signal. But the scaler saw the validation rows: fix this rung first.", {
    score: score("Linear", "make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(max_iter=1000))", 0.746, 0.013),
    gaps: [{ against: 1, label: "Linear over baseline", metric: "roc_auc", mean: 0.246, low: 0.231, high: 0.261 }],
  }),
  base(3, "pass", "AUC 0.793 ± 0.009", "A gradient boosting model finds more than a linear one.", {
    score: score("Non-linear", "HistGradientBoostingClassifier(max_iter=120)", 0.793, 0.009),
    gaps: [{ against: 2, label: "Non-linear over linear", metric: "roc_auc", mean: 0.047, low: 0.031, high: 0.062 }],
  }),
  base(4, "pass", "AUC 0.781 ± 0.012", "Your model is within reach of the non-linear reference.", {
    score: score("Your model", "Pipeline(StandardScaler, LogisticRegression)", 0.781, 0.012),
    gaps: [
      { against: 1, label: "Your model over baseline", metric: "roc_auc", mean: 0.281, low: 0.262, high: 0.3 },
      { against: 3, label: "Your model over non-linear", metric: "roc_auc", mean: -0.012, low: -0.026, high: 0.002 },
    ],
  }),
  base(5, "warn", "threshold 0.50 → 0.31", "The default threshold is in use where another would find a third more of the positives.",
    { notes: ["No training rows were given: the train/validation gap was not checked."] }),
  base(6, "skip", "needs a production log", "Not checked: pass production=ProductionLog(…) to compare serving data with training.", { provisional: false }),
];

export const findings: Finding[] = [
  finding("data.missing-values", 0, "pass", "Missing values are handled", "2 columns have gaps; the pipeline imputes both.", {
    evidence: [{ caption: "Missing values by column", columns: [{ name: "column", format: "code" }, { name: "missing", format: "integer" }, { name: "share", format: "percent" }],
      rows: [["employment_years", 541, 0.1803], ["late_payments", 150, 0.05]], total: 2 }],
  }),
  finding("data.misaligned", 0, "pass", "Rows and labels are in step", "No shift fits better than none."),
  finding("data.leakage", 0, "pass", "No feature knows the label", "The best single feature reaches AUC 0.64."),
  finding("data.unseen-categories", 0, "skip", "Unseen categories", "Needs X_train."),
  finding("data.wrong-target", 0, "pass", "The target is the label", "y has two values and is no copy of a column."),
  finding("pipeline.scaler-leak", 2, "fail", "Scaler fitted on more than the training rows", "The fitted means equal those of train and validation together, to all digits, and not those of train.", {
    evidence: [{ caption: "Fitted statistics of StandardScaler", columns: [{ name: "column", format: "code" }, { name: "in the model", format: "number" }, { name: "train", format: "number" }, { name: "train + val", format: "number" }],
      rows: [["loan_amount", 11682.41, 11640.07, 11682.41], ["income", 45120.5, 45308.2, 45120.5], ["age", 38.29, 38.4, 38.29]], total: 9 }],
    fix: "model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))\nmodel.fit(X_train, y_train)   # fit on the training rows only",
  }),
  finding("pipeline.imputer-leak", 2, "pass", "Imputer fitted on the training rows", "Fitted medians match the training rows."),
  finding("pipeline.train-serve-skew", 2, "skip", "Serving data", "Needs a production log."),
  finding("pipeline.version-mismatch", 2, "skip", "Versions of the artifact", "Needs artifact= or requirements=."),
  finding("model.wrong-class", 4, "pass", "A classifier on classes", "LogisticRegression on two labels."),
  finding("model.imbalance", 4, "warn", "Rare class without weights", "27.1 % of the rows are positive, and 41 % of them are found.", {
    evidence: [{ caption: "By class", columns: [{ name: "class", format: "text" }, { name: "share", format: "percent" }, { name: "recall", format: "score" }], rows: [["no", 0.729, 0.944], ["yes", 0.271, 0.412]], total: 2 }],
    fix: "LogisticRegression(class_weight=\"balanced\")",
  }),
  finding("model.over-regularized", 4, "pass", "Predictions are spread", "The majority is predicted for 84 % of the rows."),
  finding("model.divergence", 4, "error", "Training diverged", "The check broke: AttributeError: 'Pipeline' object has no attribute 'n_iter_'."),
  finding("evaluation.threshold", 5, "warn", "Default threshold where another is better", "At 0.31 the balanced accuracy is 0.71 instead of 0.66 [gain 0.03 to 0.07].", { fix: "y_pred = model.predict_proba(X)[:, 1] >= 0.31" }),
  finding("evaluation.no-baseline", 5, "pass", "Beats the baseline", "ROC AUC is 0.281 [0.262, 0.300] above a dummy."),
  finding("production.drift", 6, "skip", "Drift", "Needs a production log."),
];

const line = (text: string, rung: number, status: Status, detail: string, codes: string[] = []): Line =>
  ({ text, status, detail, codes, rung, layer: "data", evidence: [], sign_off: null });
export const checklist: Report["checklist"] = {
  development: [
    line("No NaN/Inf in features", 0, "pass", "imputed in the pipeline"), line("Features and labels of equal length", 0, "pass", "3,000 and 3,000"),
    line("No target leakage (depth-1 tree)", 0, "pass", "best single feature: AUC 0.64"), line("Train/val/test do not overlap", 5, "skip", "needs X_train"),
    line("Preprocessing fitted on training folds only", 2, "fail", "the scaler saw the validation rows"),
    line("Beats the dummy by a meaningful margin", 4, "pass", "+0.281 AUC"), line("Training loss decreases", 4, "skip", "the model keeps no loss curve"),
    line("Threshold tuned on validation, not left at 0.5", 5, "warn", "0.50 in use; 0.31 is better"),
    {
      ...line("Test set evaluated exactly once", 5, "warn", "The same model was looked at before."),
      sign_off: { reason: "The second look was a rerun in CI.", date: "2026-01-31" },
      evidence: [{ caption: "Looks at these test rows", columns: [{ name: "when (UTC)", format: "text" }, { name: "where", format: "code" }],
        rows: [["2026-01-31 12:00", "notebooks/churn.ipynb"]], total: 1 }],
    },
    line("The right metric (AUC-PR when imbalanced)", 5, "pass", "ROC AUC and average precision"),
  ],
  production: [
    line("Fitted pipeline serialized and loaded, not re-created", 6, "skip", "needs artifact="), line("Feature drift monitored (PSI/KS)", 6, "skip", "needs a production log"),
    line("Retrain trigger defined (AUC drop > 0.05, PSI > 0.25)", 6, "skip", "needs a Monitor"),
  ],
};

export function report(change: Partial<Report> = {}): Report {
  return {
    schema: "ladder-widgets/report", schema_version: 1, version: "0.1.0", complete: true, seconds: 3.1,
    model: { name: "Loan default model", description: "Pipeline(StandardScaler, LogisticRegression)", output: "predict_proba" },
    data: {
      n_train: null, n_val: 3000, n_test: null, n_features: 14, classes: ["no", "yes"], positive: "yes", shares: [0.729, 0.271],
      threshold: 0.5, metric: "roc_auc", notes: [],
    },
    rungs, findings, tryable: [], first_failing_rung: 2, checklist,
    narrative: [
      "Fix rung 2 first: the scaler was fitted on the validation rows too, so every score above it is provisional. Refit the pipeline on the training rows and run the ladder again.",
      "The data themselves look sound, and a plain linear model beats the baseline by 0.246 AUC: there is signal.",
      "Then look at the threshold: 0.31 would find a third more of the positives at little cost in precision.",
    ],
    ...change,
  };
}

/** The same report while rung `at` is being climbed. */
export function partial(at: number): Report {
  return report({
    complete: false, narrative: [], first_failing_rung: at > 2 ? 2 : null, checklist: { development: [], production: [] },
    rungs: rungs.map((r) => (r.number < at ? r : {
      ...base(r.number, "skip", "", ""), status: r.number === at ? "running" : "pending", provisional: false, seconds: null,
    })),
    findings: findings.filter((f) => f.rung < at),
  });
}

export function multiclass(classes: string[]): Report {
  const it = report({ model: { name: "Ticket router", description: "HistGradientBoostingClassifier()", output: "predict_proba" } });
  return { ...it, data: { ...it.data, n_val: 2500, n_features: 3, classes, positive: null, threshold: null, shares: classes.map(() => 1 / classes.length) } };
}

export const HOSTILE = "<img src=x onerror=alert(1)>";
export const hostileTexts = [HOSTILE, "x".repeat(200), "🧨💥 émoji", "שלום עולם", "</script><script>alert(1)</script>"];

/** A tried fix, of the scaler leak above. */
export function fix(change: Partial<Fix> = {}): Fix {
  const metric = (name: string, before: number | null, after: number | null) => ({
    name, before, after,
    difference: before === null || after === null ? { mean: null, low: null, high: null }
      : { mean: after - before, low: after - before - 0.01, high: after - before + 0.01 },
  });
  return {
    code: "pipeline.scaler-leak", remedy: "Fitted a clone on the training rows alone.", verdict: "The finding is gone: all sound.",
    metrics: [metric("roc_auc", 0.746, 0.741), metric("log_loss", null, null), metric("recall_of_rarest", 0.41, 0.45)],
    rarest: "yes", rows: { before: 3000, after: 3000 },
    was: { status: "fail", summary: "" }, still: { status: "pass", summary: "all sound." },
    code_to_paste: "model = clone(model).fit(X_train, y_train)\n", notes: ["A leak flatters."], seconds: 1.24, ...change,
  };
}
