"""The atoms of UCUM that clinical data use: what each is in base units.

Source: The Unified Code for Units of Measure (ucum.org), table 1 (prefixes), tables 2 to 23 (atoms). Each row gives a
factor and a unit expression over earlier atoms; base units define themselves; arbitrary units are dimensions of their
own, because UCUM allows them to be converted only among themselves.
"""

from __future__ import annotations

from fractions import Fraction

BASE = ("m", "s", "g", "rad", "K", "C", "cd")

PREFIXES: dict[str, Fraction] = {
    "Y": Fraction(10) ** 24, "Z": Fraction(10) ** 21, "E": Fraction(10) ** 18, "P": Fraction(10) ** 15,
    "T": Fraction(10) ** 12, "G": Fraction(10) ** 9, "M": Fraction(10) ** 6, "k": Fraction(1000),
    "h": Fraction(100), "da": Fraction(10), "d": Fraction(1, 10), "c": Fraction(1, 100),
    "m": Fraction(1, 1000), "u": Fraction(1, 10**6), "n": Fraction(1, 10**9), "p": Fraction(1, 10**12),
    "f": Fraction(1, 10**15), "a": Fraction(1, 10**18), "z": Fraction(1, 10**21), "y": Fraction(1, 10**24),
    "Ki": Fraction(2**10), "Mi": Fraction(2**20), "Gi": Fraction(2**30), "Ti": Fraction(2**40),
}  # fmt: skip

# atom -> (takes prefixes, factor, expression over atoms that stand above it)
DEFINED: dict[str, tuple[bool, str, str]] = {
    # dimensionless
    "10*": (False, "10", "1"), "10^": (False, "10", "1"), "%": (False, "0.01", "1"),
    "[ppth]": (False, "0.001", "1"), "[ppm]": (False, "0.000001", "1"), "[ppb]": (False, "0.000000001", "1"),
    "[pptr]": (False, "0.000000000001", "1"), "[pi]": (False, "3.1415926535897932384626433832795028841971", "1"),
    "mol": (True, "602213670000000000000000", "1"),
    # SI, and units used with it
    "sr": (True, "1", "rad2"), "Hz": (True, "1", "s-1"), "N": (True, "1000", "g.m/s2"), "Pa": (True, "1", "N/m2"),
    "J": (True, "1", "N.m"), "W": (True, "1", "J/s"), "A": (True, "1", "C/s"), "V": (True, "1", "J/C"),
    "F": (True, "1", "C/V"), "Ohm": (True, "1", "V/A"), "S": (True, "1", "Ohm-1"), "Wb": (True, "1", "V.s"),
    "T": (True, "1", "Wb/m2"), "H": (True, "1", "Wb/A"), "lm": (True, "1", "cd.sr"), "lx": (True, "1", "lm/m2"),
    "Bq": (True, "1", "s-1"), "Gy": (True, "0.001", "J/g"), "Sv": (True, "0.001", "J/g"),
    "gon": (False, "0.9", "deg"), "deg": (False, "2", "[pi].rad/360"), "'": (False, "1", "deg/60"),
    "''": (False, "1", "'/60"), "l": (True, "0.001", "m3"), "L": (True, "1", "l"), "ar": (True, "100", "m2"),
    "min": (False, "60", "s"), "h": (False, "60", "min"), "d": (False, "24", "h"), "wk": (False, "7", "d"),
    "a_t": (False, "365.24219", "d"), "a_j": (False, "365.25", "d"), "a_g": (False, "365.2425", "d"),
    "a": (False, "1", "a_j"), "mo_s": (False, "29.53059", "d"), "mo_j": (False, "1", "a_j/12"),
    "mo_g": (False, "1", "a_g/12"), "mo": (False, "1", "mo_j"), "t": (True, "1000000", "g"),
    "bar": (True, "100000", "Pa"), "u": (True, "0.0000000000000000000000016605402", "g"),
    "eV": (True, "0.000000000000000000160217733", "J"), "AU": (False, "149597870691", "m"),
    "pc": (True, "30856780000000000", "m"),
    # natural and older units
    "[c]": (True, "299792458", "m/s"), "[g]": (True, "9.80665", "m/s2"), "gf": (True, "1", "g.[g]"),
    "[lbf_av]": (False, "1", "[lb_av].[g]"), "Ky": (True, "1", "cm-1"), "Gal": (True, "1", "cm/s2"),
    "dyn": (True, "1", "g.cm/s2"), "erg": (True, "1", "dyn.cm"), "P": (True, "1", "dyn.s/cm2"),
    "St": (True, "1", "cm2/s"), "Ci": (True, "37000000000", "Bq"), "R": (True, "0.000258", "C/kg"),
    "RAD": (True, "100", "erg/g"), "REM": (True, "1", "RAD"), "atm": (False, "101325", "Pa"),
    # international customary
    "[in_i]": (False, "2.54", "cm"), "[ft_i]": (False, "12", "[in_i]"), "[yd_i]": (False, "3", "[ft_i]"),
    "[mi_i]": (False, "5280", "[ft_i]"), "[nmi_i]": (False, "1852", "m"), "[sin_i]": (False, "1", "[in_i]2"),
    "[sft_i]": (False, "1", "[ft_i]2"), "[cin_i]": (False, "1", "[in_i]3"), "[in_us]": (False, "100", "m/3937"),
    "[gal_us]": (False, "231", "[in_i]3"), "[qt_us]": (False, "1", "[gal_us]/4"),
    "[pt_us]": (False, "1", "[qt_us]/2"), "[foz_us]": (False, "1", "[pt_us]/16"),
    "[fdr_us]": (False, "1", "[foz_us]/8"), "[min_us]": (False, "1", "[fdr_us]/60"),
    "[tbs_us]": (False, "1", "[foz_us]/2"), "[tsp_us]": (False, "1", "[tbs_us]/3"), "[cup_us]": (False, "16", "[tbs_us]"),
    "[cup_m]": (False, "240", "mL"), "[tsp_m]": (False, "5", "mL"), "[tbs_m]": (False, "15", "mL"),
    "[foz_m]": (False, "30", "mL"), "[gr]": (False, "64.79891", "mg"), "[lb_av]": (False, "7000", "[gr]"),
    "[oz_av]": (False, "1", "[lb_av]/16"), "[dr_av]": (False, "1", "[oz_av]/16"), "[stone_av]": (False, "14", "[lb_av]"),
    "[lb_tr]": (False, "12", "[oz_tr]"), "[oz_tr]": (False, "20", "[pwt_tr]"), "[pwt_tr]": (False, "24", "[gr]"),
    "[sc_ap]": (False, "20", "[gr]"), "[dr_ap]": (False, "3", "[sc_ap]"), "[oz_ap]": (False, "8", "[dr_ap]"),
    "[lb_ap]": (False, "12", "[oz_ap]"), "[psi]": (False, "1", "[lbf_av]/[in_i]2"),
    "[drp]": (False, "1", "mL/20"), "[smoot]": (False, "67", "[in_i]"),
    # heat and clinical
    "cal_th": (True, "4.184", "J"), "cal_IT": (True, "4.1868", "J"), "cal": (True, "1", "cal_th"),
    "[Cal]": (False, "1", "kcal_th"), "[Btu]": (False, "1.05587", "kJ"), "m[H2O]": (True, "9.80665", "kPa"),
    "m[Hg]": (True, "133.322", "kPa"), "[in_i'H2O]": (False, "1", "m[H2O].[in_i]/m"),
    "[in_i'Hg]": (False, "1", "m[Hg].[in_i]/m"), "[PRU]": (False, "1", "mm[Hg].s/mL"),
    "[wood'U]": (False, "1", "mm[Hg].min/L"), "[diop]": (False, "1", "m-1"), "[mesh_i]": (False, "1", "[in_i]-1"),
    "[Ch]": (False, "1", "mm/3"), "[HPF]": (False, "1", "1"), "[LPF]": (False, "100", "1"),
    "eq": (True, "1", "mol"), "osm": (True, "1", "mol"), "g%": (True, "1", "g/dL"), "kat": (True, "1", "mol/s"),
    "U": (True, "1", "umol/min"), "[S]": (False, "0.0000000000001", "s"), "[car_m]": (False, "0.2", "g"),
    "[degRe]": (False, "1.25", "K"), "[degR]": (False, "5", "K/9"), "bit": (False, "1", "1"), "By": (True, "8", "bit"),
    "Bd": (True, "1", "s-1"), "st": (True, "1", "m3"), "b": (False, "100", "fm2"), "Ao": (False, "0.1", "nm"),
    "mho": (True, "1", "S"), "ph": (False, "0.0001", "lx"), "[PNU]": (False, "1", "[arb'PNU]"),
}  # fmt: skip

# Arbitrary units: (takes prefixes, name of the dimension they share).
ARBITRARY: dict[str, tuple[bool, str]] = {
    "[iU]": (True, "[iU]"), "[IU]": (True, "[iU]"), "[arb'U]": (False, "[arb'U]"), "[USP'U]": (False, "[USP'U]"),
    "[GPL'U]": (False, "[GPL'U]"), "[MPL'U]": (False, "[MPL'U]"), "[APL'U]": (False, "[APL'U]"),
    "[beth'U]": (False, "[beth'U]"), "[anti'Xa'U]": (False, "[anti'Xa'U]"), "[todd'U]": (False, "[todd'U]"),
    "[dye'U]": (False, "[dye'U]"), "[smgy'U]": (False, "[smgy'U]"), "[bdsk'U]": (False, "[bdsk'U]"),
    "[ka'U]": (False, "[ka'U]"), "[knk'U]": (False, "[knk'U]"), "[mclg'U]": (False, "[mclg'U]"),
    "[tb'U]": (False, "[tb'U]"), "[CCID_50]": (False, "[CCID_50]"), "[TCID_50]": (False, "[TCID_50]"),
    "[EID_50]": (False, "[EID_50]"), "[PFU]": (False, "[PFU]"), "[FFU]": (False, "[FFU]"), "[CFU]": (False, "[CFU]"),
    "[BAU]": (False, "[BAU]"), "[AU]": (False, "[AU]"), "[Amb'a'1'U]": (False, "[Amb'a'1'U]"),
    "[arb'PNU]": (False, "[arb'PNU]"), "[Lf]": (False, "[Lf]"), "[D'ag'U]": (False, "[D'ag'U]"),
    "[FEU]": (False, "[FEU]"), "[ELU]": (False, "[ELU]"), "[EU]": (False, "[EU]"), "[pH]": (False, "[pH]"),
    "[MET]": (False, "[MET]"), "[hnsf'U]": (False, "[hnsf'U]"), "[HP'_C]": (False, "[HP'_C]"),
}  # fmt: skip

# Temperature scales: kelvin = (value + offset) * factor.
OFFSET: dict[str, tuple[bool, Fraction, Fraction]] = {
    "Cel": (True, Fraction("273.15"), Fraction(1)),
    "[degF]": (False, Fraction("459.67"), Fraction(5, 9)),
}
