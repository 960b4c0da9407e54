"""Makes reference.json from monthly-returns.csv with NumPy and SciPy: a second implementation, written plainly.

Run in this folder: python3 reference.py
"""

import csv
import json

import numpy as np
import scipy
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.optimize import linprog, minimize
from scipy.spatial.distance import pdist, squareform

rows = list(csv.reader(open("monthly-returns.csv")))
names = rows[0][1:]
X = np.array([[float(v) for v in r[1:]] for r in rows[1:]])
T, n = X.shape
mu = X.mean(0)
S = np.cov(X.T)
out = {"numpy": np.__version__, "scipy": scipy.__version__, "assets": names}

# Covariances
half = 24
a = 0.5 ** ((T - 1 - np.arange(T)) / half)
a /= a.sum()
m = a @ X
out["exponential24"] = ((X - m).T @ np.diag(a) @ (X - m)).tolist()
Y = X - mu
S0 = Y.T @ Y / T


def constant_correlation():
    s = np.sqrt(np.diag(S0))
    r = (S0 / np.outer(s, s))[np.triu_indices(n, 1)].mean()
    F = r * np.outer(s, s)
    np.fill_diagonal(F, s**2)
    pi = rho = 0.0
    for i in range(n):
        for j in range(n):
            p = np.mean((Y[:, i] * Y[:, j] - S0[i, j]) ** 2)
            pi += p
            if i == j:
                rho += p
            else:
                ti = np.mean((Y[:, i] ** 2 - S0[i, i]) * (Y[:, i] * Y[:, j] - S0[i, j]))
                tj = np.mean((Y[:, j] ** 2 - S0[j, j]) * (Y[:, i] * Y[:, j] - S0[i, j]))
                rho += r / 2 * (s[j] / s[i] * ti + s[i] / s[j] * tj)
    d = max(0, min(1, (pi - rho) / ((F - S0) ** 2).sum() / T))
    return d, d * F + (1 - d) * S0


def identity():
    F = np.trace(S0) / n * np.eye(n)
    d2 = ((S0 - F) ** 2).sum()
    b2 = sum(((np.outer(y, y) - S0) ** 2).sum() for y in Y) / T**2
    d = min(b2, d2) / d2
    return d, d * F + (1 - d) * S0


def oas():
    F = np.trace(S0) / n * np.eye(n)
    alpha = (S0**2).mean()
    m2 = (np.trace(S0) / n) ** 2
    d = min(1, (alpha + m2) / ((T + 1) * (alpha - m2 / n)))
    return d, d * F + (1 - d) * S0


for key, f in [("constantCorrelation", constant_correlation), ("identity", identity), ("oas", oas)]:
    d, C = f()
    out[key] = {"shrinkage": d, "covariance": C.tolist()}


# Programs, by sequential least squares from several starts, kept at the best
def solve(f, g, extra=(), bounds=(0, 1)):
    best = None
    for start in [np.ones(n) / n, *np.eye(n)]:
        r = minimize(f, start, jac=g, method="SLSQP", bounds=[bounds] * n,
                     constraints=[{"type": "eq", "fun": lambda w: w.sum() - 1}, *extra],
                     options={"ftol": 1e-16, "maxiter": 2000})
        ok = abs(r.x.sum() - 1) < 1e-8 and all((c["fun"](r.x) > -1e-8).all() for c in extra)
        if ok and (best is None or r.fun < best.fun):
            best = r
    return best.x.tolist()


K = 100
var = lambda w: K * w @ S @ w / 2
dvar = lambda w: K * S @ w
out["minimumVariance"] = solve(var, dvar)
out["minimumVarianceShorts"] = (np.linalg.solve(S, np.ones(n)) / np.linalg.solve(S, np.ones(n)).sum()).tolist()
out["bounded"] = solve(var, dvar, bounds=(0.05, 0.3))
ineq = lambda f: {"type": "ineq", "fun": f}
funds = [names.index(k) for k in ["EEM", "IWM", "QQQ", "SPY"]]
banks = [names.index(k) for k in ["AIG", "BAC"]]
groups = [ineq(lambda w: np.array([0.5 - w[funds].sum(), w[banks].sum() - 0.2]))]
out["grouped"] = solve(var, dvar, groups)
out["targetReturn"] = solve(var, dvar, [ineq(lambda w: np.array([(w @ mu - 0.018) * 100]))])
out["meanVariance"] = solve(lambda w: K * (2.5 * w @ S @ w / 2 - mu @ w), lambda w: K * (2.5 * S @ w - mu))
e = mu - 0.001


def ratio(r):
    return (lambda w: -(r @ w) / np.sqrt(w @ S @ w),
            lambda w: -r / np.sqrt(w @ S @ w) + (r @ w) * (S @ w) / (w @ S @ w) ** 1.5)


out["maximumSharpe"] = solve(*ratio(e))
out["maximumSharpeBounded"] = solve(*ratio(e), groups, bounds=(0.02, 0.4))
out["maximumDiversification"] = solve(*ratio(np.sqrt(np.diag(S))))
D = np.sqrt(np.diag(S))
C = S / np.outer(D, D)
out["maximumDecorrelation"] = solve(lambda w: w @ C @ w / 2, lambda w: C @ w)


# Turnover of 0.3 from equal weights, with bought and sold amounts of their own
def turnover(f, g, limit):
    w0 = np.ones(n) / n
    w = lambda z: w0 + z[:n] - z[n:]
    r = minimize(lambda z: f(w(z)), np.full(2 * n, 1e-3), jac=lambda z: np.r_[g(w(z)), -g(w(z))],
                 method="SLSQP", bounds=[(0, 1)] * (2 * n),
                 constraints=[{"type": "eq", "fun": lambda z: w(z).sum() - 1},
                              ineq(lambda z: np.r_[limit - z.sum(), w(z)])],
                 options={"ftol": 1e-16, "maxiter": 5000})
    return w(r.x).tolist()


out["turnover"] = turnover(var, dvar, 0.3)
out["turnoverSharpe"] = turnover(*ratio(e), 0.3)

# Risk parity: the convex problem in logarithms
for key, b in [("riskParity", np.ones(n) / n), ("riskBudgets", np.arange(1, n + 1) / np.arange(1, n + 1).sum())]:
    r = minimize(lambda z: K * np.exp(z) @ S @ np.exp(z) / 2 - b @ z, np.zeros(n), method="BFGS",
                 jac=lambda z: K * np.exp(z) * (S @ np.exp(z)) - b, options={"gtol": 1e-13})
    out[key] = (np.exp(r.x) / np.exp(r.x).sum()).tolist()


# Hierarchical risk parity
def hrp(condensed):
    order = leaves_list(linkage(condensed, "single"))

    def cluster(items):
        s = S[np.ix_(items, items)]
        w = 1 / np.diag(s)
        w /= w.sum()
        return w @ s @ w

    w = np.ones(n)

    def split(items):
        if len(items) > 1:
            l, r = items[: len(items) // 2], items[len(items) // 2:]
            a, b = cluster(l), cluster(r)
            w[l] *= b / (a + b)
            w[r] *= a / (a + b)
            split(l)
            split(r)

    split(order)
    return order.tolist(), w.tolist()


d = np.sqrt((1 - np.clip(C, -1, 1)) / 2)
np.fill_diagonal(d, 0)
out["hrp"] = dict(zip(["order", "weights"], hrp(pdist(d))))
out["hrpCorrelation"] = dict(zip(["order", "weights"], hrp(squareform(d, checks=False))))


# Conditional value at risk by HiGHS
def cvar(beta, high=1.0, limit=None):
    k = 1 / ((1 - beta) * T)
    cost = np.r_[np.zeros(n), 1, np.full(T, k), np.zeros(n)]
    A = [np.c_[-X, -np.ones((T, 1)), -np.eye(T), np.zeros((T, n))]]
    b = [np.zeros(T)]
    if limit is not None:
        z = np.zeros((n, 1 + T))
        A += [np.c_[np.eye(n), z, -np.eye(n)], np.c_[-np.eye(n), z, -np.eye(n)],
              np.r_[np.zeros(n + 1 + T), np.ones(n)][None]]
        b += [np.ones(n) / n, -np.ones(n) / n, [limit]]
    r = linprog(cost, np.vstack(A), np.concatenate(b), np.r_[np.ones(n), 0, np.zeros(T + n)][None], [1],
                bounds=[(0, high)] * n + [(None, None)] + [(0, None)] * (T + n))
    return {"cvar": r.fun, "weights": r.x[:n].tolist()}


out["cvar95"] = cvar(0.95)
out["cvar80"] = cvar(0.8, high=0.25)
out["cvar90Turnover"] = cvar(0.9, limit=0.4)

# Black-Litterman in its form with inverses
w = np.arange(n, 0, -1) / np.arange(n, 0, -1).sum()
P = np.zeros((2, n))
P[0, names.index("AAPL")] = 1
P[1, names.index("QQQ")], P[1, names.index("SPY")] = 1, -1
q = np.array([0.02, 0.003])
tau, delta = 0.025, 3.0
pi = delta * S @ w
omega = np.diag(np.diag(tau * P @ S @ P.T))
omega[1, 1] = 1e-5
inv = np.linalg.inv
M = inv(inv(tau * S) + P.T @ inv(omega) @ P)
post = M @ (inv(tau * S) @ pi + P.T @ inv(omega) @ q)
V = S + M
out["blackLitterman"] = {
    "market": w.tolist(),
    "expected": post.tolist(),
    "unconstrained": (inv(delta * V) @ post).tolist(),
    "weights": solve(lambda w: K * (delta * w @ V @ w / 2 - post @ w), lambda w: K * (delta * V @ w - post)),
}
json.dump(out, open("reference.json", "w"), separators=(",", ":"))
