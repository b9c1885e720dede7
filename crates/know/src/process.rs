//! The processes, one file each, and the table of them.
//!
//! A process is a [`Process`] static in a file of its own name. Its definition (parameters, types,
//! exceptions) is the official JSON in `definitions/`, or the project's own JSON in
//! `definitions/corridor/` for what openEO has no process for.

use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::source::LoadRequest;
use crate::value::Value;

/// A process that graphs can call.
#[derive(Debug)]
pub struct Process {
    /// Its openEO name.
    pub id: &'static str,
    /// Its definition, JSON.
    pub definition: &'static str,
    /// What it does.
    pub run: Run,
}

/// How a process computes.
#[derive(Debug, Clone, Copy)]
pub enum Run {
    /// One number to one number; null stays null, also for each pixel of a plane.
    Unary(fn(f64) -> f64),
    /// Two numbers to one number; null in either gives null.
    Binary(fn(f64, f64) -> f64),
    /// Two numbers to a truth value; null in either gives null, other types give false.
    Compare(fn(f64, f64) -> bool),
    /// Two truth values to one; `None` is null.
    Logic(fn(Option<bool>, Option<bool>) -> Option<bool>),
    /// An array of numbers to one number, or to nothing (null); honours `ignore_nodata`. The
    /// order of the numbers may be changed.
    Reduce(fn(&mut [f64]) -> Option<f64>),
    /// Single values to a single value; on planes it is called for each pixel.
    Single(fn(&Arguments, &Context<'_>) -> Result<Value, GraphError>),
    /// Whole values, planes included, to a value.
    Whole(fn(&Arguments, &Context<'_>) -> Result<Value, GraphError>),
    /// Loads a cube from the run's source.
    Load(fn(&Arguments) -> Result<LoadRequest, GraphError>),
}

/// The process of this name.
pub fn find(id: &str) -> Option<&'static Process> {
    ALL.binary_search_by(|process| process.id.cmp(id))
        .ok()
        .map(|index| ALL[index])
}

/// Official definition from `definitions/`, by process name.
macro_rules! official {
    ($id:literal) => {
        include_str!(concat!("../../definitions/", $id, ".json"))
    };
}

/// The project's own definition from `definitions/corridor/`, by process name.
macro_rules! own {
    ($id:literal) => {
        include_str!(concat!("../../definitions/corridor/", $id, ".json"))
    };
}

mod absolute;
mod add;
mod add_dimension;
pub(crate) mod aggregate_spatial;
mod aggregate_temporal;
mod aggregate_temporal_period;
mod all;
mod and;
mod anomaly;
mod any;
mod apply;
mod apply_dimension;
mod apply_kernel;
mod apply_neighborhood;
mod apply_polygon;
mod arccos;
mod arcosh;
mod arcsin;
mod arctan;
mod arctan2;
mod array_append;
mod array_apply;
mod array_concat;
mod array_contains;
mod array_create;
mod array_create_labeled;
mod array_element;
mod array_filter;
mod array_find;
mod array_find_label;
mod array_find_run;
mod array_interpolate_linear;
mod array_labels;
mod array_modify;
mod arsinh;
mod artanh;
mod between;
mod bimodal_threshold;
mod ceil;
mod climatological_normal;
mod clip;
mod constant;
mod cos;
mod cosh;
mod count;
mod create_data_cube;
mod cube_from_json;
mod cummax;
mod cummin;
mod cumproduct;
mod cumsum;
mod date_between;
mod date_difference;
mod date_shift;
mod dimension_labels;
mod divide;
mod drop_dimension;
mod e;
mod eq;
mod exp;
mod extrema;
mod fill_minima;
pub(crate) mod filter_bands;
mod filter_bbox;
mod filter_labels;
mod filter_spatial;
mod filter_temporal;
mod first;
mod fit_curve;
mod floor;
mod focal;
mod gt;
mod gte;
mod r#if;
mod inspect;
mod int;
mod is_infinite;
mod is_nan;
mod is_nodata;
mod is_valid;
mod last;
mod linear_scale_range;
mod ln;
mod load_collection;
mod load_geojson;
mod load_stac;
mod log;
mod lt;
mod lte;
mod mask;
mod mask_polygon;
mod max;
mod mean;
mod median;
mod median_filter;
mod merge_cubes;
mod min;
mod minimum_error_threshold;
mod modulo;
mod multiply;
mod nan;
mod ndvi;
mod neq;
mod normalized_difference;
mod not;
mod or;
mod order;
mod otsu_threshold;
mod pi;
mod power;
mod predict_curve;
mod predict_onnx;
mod product;
mod quantiles;
mod rearrange;
mod reduce_dimension;
mod reduce_spatial;
mod rename_dimension;
mod rename_labels;
mod resample_cube_spatial;
mod resample_cube_temporal;
mod resample_spatial;
mod round;
mod run_udf;
mod save_result;
mod sd;
mod sgn;
mod sieve;
mod sin;
mod sinh;
mod sort;
mod sqrt;
mod subtract;
mod sum;
mod tan;
mod tanh;
mod text_begins;
mod text_concat;
mod text_contains;
mod text_ends;
mod text_find;
mod trim_cube;
mod variance;
mod xor;
pub(crate) mod zonal_statistics;

/// Every process, sorted by name.
pub static ALL: &[&Process] = &[
    &absolute::PROCESS,
    &add::PROCESS,
    &add_dimension::PROCESS,
    &aggregate_spatial::PROCESS,
    &aggregate_temporal::PROCESS,
    &aggregate_temporal_period::PROCESS,
    &all::PROCESS,
    &and::PROCESS,
    &anomaly::PROCESS,
    &any::PROCESS,
    &apply::PROCESS,
    &apply_dimension::PROCESS,
    &apply_kernel::PROCESS,
    &apply_neighborhood::PROCESS,
    &apply_polygon::PROCESS,
    &arccos::PROCESS,
    &arcosh::PROCESS,
    &arcsin::PROCESS,
    &arctan::PROCESS,
    &arctan2::PROCESS,
    &array_append::PROCESS,
    &array_apply::PROCESS,
    &array_concat::PROCESS,
    &array_contains::PROCESS,
    &array_create::PROCESS,
    &array_create_labeled::PROCESS,
    &array_element::PROCESS,
    &array_filter::PROCESS,
    &array_find::PROCESS,
    &array_find_label::PROCESS,
    &array_find_run::PROCESS,
    &array_interpolate_linear::PROCESS,
    &array_labels::PROCESS,
    &array_modify::PROCESS,
    &arsinh::PROCESS,
    &artanh::PROCESS,
    &between::PROCESS,
    &bimodal_threshold::PROCESS,
    &ceil::PROCESS,
    &climatological_normal::PROCESS,
    &clip::PROCESS,
    &constant::PROCESS,
    &cos::PROCESS,
    &cosh::PROCESS,
    &count::PROCESS,
    &create_data_cube::PROCESS,
    &cube_from_json::PROCESS,
    &cummax::PROCESS,
    &cummin::PROCESS,
    &cumproduct::PROCESS,
    &cumsum::PROCESS,
    &date_between::PROCESS,
    &date_difference::PROCESS,
    &date_shift::PROCESS,
    &dimension_labels::PROCESS,
    &divide::PROCESS,
    &drop_dimension::PROCESS,
    &e::PROCESS,
    &eq::PROCESS,
    &exp::PROCESS,
    &extrema::PROCESS,
    &fill_minima::PROCESS,
    &filter_bands::PROCESS,
    &filter_bbox::PROCESS,
    &filter_labels::PROCESS,
    &filter_spatial::PROCESS,
    &filter_temporal::PROCESS,
    &first::PROCESS,
    &fit_curve::PROCESS,
    &floor::PROCESS,
    &gt::PROCESS,
    &gte::PROCESS,
    &r#if::PROCESS,
    &inspect::PROCESS,
    &int::PROCESS,
    &is_infinite::PROCESS,
    &is_nan::PROCESS,
    &is_nodata::PROCESS,
    &is_valid::PROCESS,
    &last::PROCESS,
    &linear_scale_range::PROCESS,
    &ln::PROCESS,
    &load_collection::PROCESS,
    &load_geojson::PROCESS,
    &load_stac::PROCESS,
    &log::PROCESS,
    &lt::PROCESS,
    &lte::PROCESS,
    &mask::PROCESS,
    &mask_polygon::PROCESS,
    &max::PROCESS,
    &mean::PROCESS,
    &median::PROCESS,
    &median_filter::PROCESS,
    &merge_cubes::PROCESS,
    &min::PROCESS,
    &minimum_error_threshold::PROCESS,
    &modulo::PROCESS,
    &multiply::PROCESS,
    &nan::PROCESS,
    &ndvi::PROCESS,
    &neq::PROCESS,
    &normalized_difference::PROCESS,
    &not::PROCESS,
    &or::PROCESS,
    &order::PROCESS,
    &otsu_threshold::PROCESS,
    &pi::PROCESS,
    &power::PROCESS,
    &predict_curve::PROCESS,
    &predict_onnx::PROCESS,
    &product::PROCESS,
    &quantiles::PROCESS,
    &rearrange::PROCESS,
    &reduce_dimension::PROCESS,
    &reduce_spatial::PROCESS,
    &rename_dimension::PROCESS,
    &rename_labels::PROCESS,
    &resample_cube_spatial::PROCESS,
    &resample_cube_temporal::PROCESS,
    &resample_spatial::PROCESS,
    &round::PROCESS,
    &run_udf::PROCESS,
    &save_result::PROCESS,
    &sd::PROCESS,
    &sgn::PROCESS,
    &sieve::PROCESS,
    &sin::PROCESS,
    &sinh::PROCESS,
    &sort::PROCESS,
    &sqrt::PROCESS,
    &subtract::PROCESS,
    &sum::PROCESS,
    &tan::PROCESS,
    &tanh::PROCESS,
    &text_begins::PROCESS,
    &text_concat::PROCESS,
    &text_contains::PROCESS,
    &text_ends::PROCESS,
    &text_find::PROCESS,
    &trim_cube::PROCESS,
    &variance::PROCESS,
    &xor::PROCESS,
    &zonal_statistics::PROCESS,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_its_definitions_read() {
        assert!(ALL.windows(2).all(|pair| pair[0].id < pair[1].id));
        for process in ALL {
            assert_eq!(process.definition().json["id"], process.id);
            assert!(find(process.id).is_some());
        }
    }
}
