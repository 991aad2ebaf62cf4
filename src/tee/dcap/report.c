#include "tee/dcap/report.h"

bool sgx_report_read(struct reader *r, struct sgx_report *ret_report)
{
    const size_t start = r->pos;
    struct sgx_report s;

    s.cpusvn = reader_take(r, 16, "report.cpusvn");
    s.miscselect = reader_u32le(r, "report.miscselect");
    (void)reader_u8(r, "report.cet_attributes");
    reader_zeros(r, 11, "report.reserved");
    s.isv_ext_prod_id = reader_take(r, 16, "report.isvextprodid");
    s.attributes = reader_take(r, 16, "report.attributes");
    s.mrenclave = reader_take(r, 32, "report.mrenclave");
    reader_zeros(r, 32, "report.reserved");
    s.mrsigner = reader_take(r, 32, "report.mrsigner");
    reader_zeros(r, 32, "report.reserved");
    s.config_id = reader_take(r, 64, "report.configid");
    s.isv_prod_id = reader_u16le(r, "report.isvprodid");
    s.isv_svn = reader_u16le(r, "report.isvsvn");
    s.config_svn = reader_u16le(r, "report.configsvn");
    reader_zeros(r, 42, "report.reserved");
    s.isv_family_id = reader_take(r, 16, "report.isvfamilyid");
    s.report_data = reader_take(r, REPORT_DATA_SIZE, "report.reportdata");

    if (!reader_ok(r))
        return false;
    s.raw = bytes_slice(r->in, start, r->pos - start);
    s.flags = bytes_u64le(s.attributes, 0);
    s.xfrm = bytes_u64le(s.attributes, 8);
    *ret_report = s;
    return true;
}

bool td_report_read(struct reader *r, bool is_15, struct td_report *ret_report)
{
    const size_t start = r->pos;
    struct td_report t = {.is_15 = is_15};

    t.tee_tcb_svn = reader_take(r, 16, "td_report.tee_tcb_svn");
    t.mrseam = reader_take(r, 48, "td_report.mrseam");
    t.mrsignerseam = reader_take(r, 48, "td_report.mrsignerseam");
    t.seam_attributes = reader_take(r, 8, "td_report.seam_attributes");
    t.td_attributes = reader_take(r, 8, "td_report.td_attributes");
    t.xfam = reader_take(r, 8, "td_report.xfam");
    t.mrtd = reader_take(r, 48, "td_report.mrtd");
    t.mrconfigid = reader_take(r, 48, "td_report.mrconfigid");
    t.mrowner = reader_take(r, 48, "td_report.mrowner");
    t.mrownerconfig = reader_take(r, 48, "td_report.mrownerconfig");
    for (size_t i = 0; i < COUNT(t.rtmr); i++)
        t.rtmr[i] = reader_take(r, 48, "td_report.rtmr");
    t.report_data = reader_take(r, REPORT_DATA_SIZE, "td_report.reportdata");
    if (is_15) {
        t.tee_tcb_svn2 = reader_take(r, 16, "td_report.tee_tcb_svn2");
        t.mrservicetd = reader_take(r, 48, "td_report.mrservicetd");
    }

    if (!reader_ok(r))
        return false;
    t.raw = bytes_slice(r->in, start, r->pos - start);
    t.attributes = bytes_u64le(t.td_attributes, 0);
    t.features = bytes_u64le(t.xfam, 0);
    *ret_report = t;
    return true;
}
